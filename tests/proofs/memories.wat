;; Segments of the second memory of a module.

;;! --memory 1
;;! representations: i64 anyref
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (memory $first 1)
  (memory $second (export "memory") 2)

  ;; theorem $get: an access fails exactly if it leaves the segment, and is to the second memory
  ;; memory: 1
  ;; logic: QF_AUFBV
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and ($o + 4 > size($s) or $p + 8 > size($s))
  ;; prove: inside($s)
  ;; prove: not elsewhere
  ;; planted: BoundsWrap
  ;; neighbour: i32.load $second -> i32.load
  ;; call: run(start($s), size($s), $o, $p)
  (func $get (param $s {seg}) (param $o i32) (param $p i32)
    (nop)
    (drop (call $getInt (local.get $s) (local.get $o)))
    (call $setLong (local.get $s) (local.get $p) (i64.const 7)))
  (func (export "run") (param i32 i32 i32 i32)
    (call $get (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3))))
