;;! --safety temporal
;;! representations: i64 anyref
;; A local that holds one segment and then another: facts are about the one that it holds.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (func $segment (param $r i32) (param $bytes i32) (result {seg}) (call $allocate (local.get $r) (local.get $bytes)))
  (func $perhaps (param $s {seg}) (param $t {seg}) (param $way i32) (result i32)
    (call $setInt (local.get $s) (i32.const 4) (i32.const 1))
    (call $setInt (local.get $t) (i32.const 0) (i32.const 2))
    (if (local.get $way) (then (local.set $s (local.get $t))))
    (i32.add (call $size (local.get $s)) (call $getInt (local.get $s) (i32.const 4))))
  (func $in_turn (param $s {seg}) (param $t {seg}) (param $rounds i32) (result i32) (local $u {seg}) (local $sum i32)
    (loop $again
      (local.set $u (local.get $s))
      (local.set $s (local.get $t))
      (local.set $t (local.get $u))
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (i32.const 4))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
  (func (export "perhaps") (param $a i32) (param $b i32) (param $way i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $perhaps
      (call $segment (local.get $r) (local.get $a)) (call $segment (local.get $r) (local.get $b)) (local.get $way))
    (call $free (local.get $r)))
  (func (export "in_turn") (param $a i32) (param $b i32) (param $rounds i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $in_turn
      (call $segment (local.get $r) (local.get $a)) (call $segment (local.get $r) (local.get $b)) (local.get $rounds))
    (call $free (local.get $r)))
  (func (export "one_dead") (param $way i32) (result i32)
    (local $r i32) (local $q i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $segment (local.tee $r (call $new)) (i32.const 8)))
    (local.set $t (call $segment (local.tee $q (call $new)) (i32.const 8)))
    (call $free (local.get $q))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 3))
    (if (local.get $way) (then (local.set $s (local.get $t))))
    (call $getInt (local.get $s) (i32.const 4))
    (call $free (local.get $r))))

;; run: perhaps(8, 4, 0) == 9
;; violation: OutOfBounds perhaps(8, 4, 1)
;; violation: OutOfBounds perhaps(4, 8, 1)
;; run: perhaps(8, 12, 1) == 12
;; run: in_turn(4, 8, 1) == 0
;; violation: OutOfBounds in_turn(4, 8, 2)
;; violation: OutOfBounds in_turn(8, 4, 1)
;; run: in_turn(8, 8, 5) == 0
;; run: one_dead(0) == 3
;; violation: UseAfterFree one_dead(1)

;; The functions that it calls stay functions.
;;! calls: wrappers
