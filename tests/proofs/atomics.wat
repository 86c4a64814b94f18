;; The bounds check of an atomic operation, in a shared memory.

;;! representations: i64 anyref
;; each: W=Int B=4 T=i32 | W=Long B=8 T=i64
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getAndAdd<W>" (func $getAndAdd (param {seg} i32 <T>) (result <T>)))
  (memory (export "memory") 1 65536 shared)

  ;; theorem $one: an atomic operation fails exactly if it leaves the segment, and then writes nothing
  ;; logic: QF_AUFBV
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> > size($s)
  ;; prove: inside($s)
  ;; prove: traps(any) => not writes
  ;; planted: BoundsWrap
  ;; call: run(start($s), size($s), $o)
  (func $one (param $s {seg}) (param $o i32) (param $v <T>)
    (nop)
    (drop (call $getAndAdd (local.get $s) (local.get $o) (local.get $v))))
  (func (export "run") (param i32 i32 i32) (local $v <T>)
    (call $one (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get $v))))
