;; Checks that are combined, and checks that are left out.

;;! representations: i64 anyref
;; levels: spatial temporal
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getShort" (func $getShort (param {seg} i32) (result i32)))
  (memory (export "memory") 1)

  ;; theorem $group: combined checks fail exactly if one of the separate ones would
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) => segment($s) and (4 > size($s) or 4 + 8 > size($s) or 20 + 8 > size($s) or 16 + 4 > size($s))
  ;; prove: segment($s) and (4 > size($s) or 4 + 8 > size($s) or 20 + 8 > size($s) or 16 + 4 > size($s)) => traps(OutOfBounds) or traps(UseAfterFree)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; planted: GroupAsksFirst
  ;; call: run(start($s), size($s))
  (func $group (param $s {seg}) (result i64)
    (i64.add
      (i64.add
        (i64.extend_i32_u (call $getInt (local.get $s) (i32.const 0)))
        (call $getLong (local.get $s) (i32.const 4)))
      (i64.add
        (call $getLong (local.get $s) (i32.const 20))
        (i64.extend_i32_u (call $getInt (local.get $s) (i32.const 16))))))
  (func (export "run") (param i32 i32) (result i64)
    (call $group (call $ofAddress (local.get 0) (local.get 1))))

  ;; theorem $again: an access whose check was left out is inside the segment
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: inside($s)
  ;; prove: traps(OutOfBounds) => segment($s) and $o + if($c == 0, 1, 2) > size($s)
  ;; prove: segment($s) and $o + if($c == 0, 1, 2) > size($s) => traps(OutOfBounds) or traps(UseAfterFree)
  ;; opaque: check_segment
  ;; planted: ReachOneByteFurther BoundsWrap
  ;; call: run_again(start($s), size($s), $o, $c)
  (func $again (param $s {seg}) (param $o i32) (param $c i32) (result i32)
    (call $getUByte (local.get $s) (local.get $o))
    (if (local.get $c)
      (then
        (drop (call $getShort (local.get $s) (local.get $o)))
        (drop (call $getUByte (local.get $s) (local.get $o)))))
    (i32.add (call $getUByte (local.get $s) (local.get $o))))
  (func (export "run_again") (param i32 i32 i32 i32) (result i32)
    (call $again (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get 3)))

  ;; theorem $arms: a check in an arm proves nothing after the arm
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: inside($s)
  ;; prove: traps(OutOfBounds) => segment($s) and if($c == 0, 12, 28) > size($s)
  ;; prove: segment($s) and if($c == 0, 12, 28) > size($s) => traps(OutOfBounds) or traps(UseAfterFree)
  ;; opaque: check_segment
  ;; planted: FactAfterArm FactOneByteFurther
  ;; call: run_arms(start($s), size($s), $c)
  (func $arms (param $s {seg}) (param $c i32) (result i32)
    (if (local.get $c)
      (then (drop (call $getLong (local.get $s) (i32.const 20)))))
    (drop (call $getInt (local.get $s) (i32.const 7)))
    (if (i32.eqz (local.get $c)) (then (nop)))
    (call $getInt (local.get $s) (i32.const 8)))
  (func (export "run_arms") (param i32 i32 i32) (result i32)
    (call $arms (call $ofAddress (local.get 0) (local.get 1)) (local.get 2))))
