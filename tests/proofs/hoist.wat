;; The pre-check of counted loops. The theorems are about executions in which it says that no check can fail: loop 0, which
;; repeats the checks, is not reached. Then no access of loop 1 is checked, and each is inside the segment.

;;! representations: i64 anyref
;; each: R=lt_u L=0 C=1 | R=lt_u L=0 C=4 | R=lt_u L=0 C=4096 | R=lt_s L=0 C=1 | R=lt_s L=0 C=4 | R=lt_s L=0 C=4096 | R=le_u L=1 C=1 | R=le_u L=1 C=4 | R=le_u L=1 C=4096 | R=le_s L=1 C=1 | R=le_s L=1 C=4 | R=le_s L=1 C=4096 | R=ne L=0 C=1
;; each: G=getInt B=4
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.<G>" (func $<G> (param {seg} i32) (result i32)))
  (memory (export "memory") 1)

  ;; theorem $loop: if the pre-check says that no check can fail, every access is inside the segment
  ;; assume: valid($s)
  ;; unreached: 0
  ;; invariant 1: segment(old($s))
  ;; invariant 1: ($i - old($i)) & (<C> - 1) == 0
  ;; invariant 1: $i + <B> <= size(old($s))
  ;; invariant 1: $i < old($b) + <L>
  ;; prove: inside($s)
  ;; planted: HoistEarlierLast HoistEarlierStep HoistIgnoresStart HoistIgnoresSign
  ;; call: run(start($s), size($s), $i, $b)
  (func $loop (param $s {seg}) (param $i i32) (param $b i32)
    (loop $l
      (drop (call $<G> (local.get $s) (local.get $i)))
      (br_if $l
        (i32.<R> (local.tee $i (i32.add (local.get $i) (i32.const <C>))) (local.get $b)))))
  (func (export "run") (param i32 i32 i32 i32)
    (call $loop (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3))))
