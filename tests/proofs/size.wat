;; The checks with `--optimize size`.

;;! --optimize size
;;! representations: i64 anyref
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (memory (export "memory") 1)

  ;; theorem $get: accesses fail exactly if one leaves the segment; checks that are left out would not fail
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(Forged) <=> not segment($s)
  ;; prove: traps(OutOfBounds) <=> segment($s) and ($o + 8 > size($s) or 12 + 8 > size($s) or $o + 1 > size($s))
  ;; prove: inside($s)
  ;; planted: BoundsWrap FactOneByteFurther
  ;; call: run(start($s), size($s), $o)
  (func $get (param $s {seg}) (param $o i32)
    (nop)
    (drop (call $getLong (local.get $s) (local.get $o)))
    (drop (call $getUByte (local.get $s) (local.get $o)))
    (drop (call $getUByte (local.get $s) (i32.const 18)))
    (drop (call $getLong (local.get $s) (i32.const 12))))
  (func (export "run") (param i32 i32 i32)
    (call $get (call $ofAddress (local.get 0) (local.get 1)) (local.get 2))))
