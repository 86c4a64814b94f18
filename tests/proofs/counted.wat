;; Counted loops whose checks run before the loop: loop 0 repeats the checks if the pre-check says that one may fail, and loop 1
;; repeats the accesses. The theorems are about all executions, whatever the pre-check says.
;;
;; C is the step, and R the comparison while which the loop goes on. `byte` is any index.

;;! representations: i64
;; each: R=lt_u M=0 C=1 L=$i<$b | R=le_u M=1 C=4 W=2 L=$i<=$b | R=ne M=0 C=1 W=4 L=$i!=$b
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (memory (export "memory") 1)

  ;; theorem $both: a check before the loop fails only at the first index that leaves the segment, and every access is inside, also if addresses wrap around
  ;; logic: QF_AUFBV
  ;; assume: valid($s)
  ;; invariant 0: $i == old($i) or <L>
  ;; invariant 0: ($i - old($i)) & (<C> - 1) == 0 and $linmem.index == old($i)
  ;; invariant 0: byte == wrap(byte) and (byte - old($i)) & (<C> - 1) == 0 and wrap(byte - old($i)) < wrap($i - old($i)) => byte + 4 <= size($s)
  ;; prove: fails(OutOfBounds, $i + 4 > size($s) and ($i == old($i) or <L>))
  ;; prove: fails(OutOfBounds, byte == wrap(byte) and (byte - old($i)) & (<C> - 1) == 0 and wrap(byte - old($i)) < wrap($i - old($i)) => byte + 4 <= size($s))
  ;; invariant 1: ($i - old($i)) & (<C> - 1) == 0
  ;; invariant 1: not enters(0) => $i + 4 <= size($s) and $i < $b + <M>
  ;; invariant 1: enters(0) => wrap($i - old($i)) <= wrap(left(0, $i) - <C> - old($i))
  ;; prove: byte == wrap(byte) and begins(wrap(start($s) + byte)) => byte + 4 <= size($s)
  ;; planted: HoistEarlierLast HoistIgnoresStart
  ;; neighbour: i64.gt_u #2 -> i64.ge_u
  ;; call: run(start($s), size($s), old($i), $b)
  ;; prefer: start($s) == 0 and size($s) <= 65536 and $b <= 65536
  (func $both (param $s {seg}) (param $i i32) (param $b i32)
    (loop $l
      (drop (call $getInt (local.get $s) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const <C>)))
      (br_if $l (i32.<R> (local.get $i) (local.get $b)))))
  (func (export "run") (param i32 i32 i32 i32)
    (call $both (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3))))
