;;! representations: anyref
;; A reference in a local is cast once, until the local is assigned.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (func $once (param $s {seg}) (param $o i32) (result i32)
    (call $setInt (local.get $s) (local.get $o) (i32.const 1))
    (i32.add (call $size (local.get $s)) (call $getInt (local.get $s) (local.get $o))))
  (func $again (param $s {seg}) (param $t {seg}) (param $o i32) (result i32)
    (call $setInt (local.get $s) (local.get $o) (i32.const 1))
    (local.set $s (local.get $t))
    (call $getInt (local.get $s) (local.get $o)))
  (func $loop (param $s {seg}) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (local.get $sum))
  (func $segment (param $live i32) (result {seg})
    (if (result {seg}) (local.get $live)
      (then (call $allocate (call $new) (i32.const 16)))
      (else (ref.null none))))
  (func (export "once") (param $live i32) (param $o i32) (result i32)
    (call $once (call $segment (local.get $live)) (local.get $o)))
  (func (export "again") (param $s i32) (param $t i32) (param $o i32) (result i32)
    (call $again (call $segment (local.get $s)) (call $segment (local.get $t)) (local.get $o)))
  (func (export "loop") (param $live i32) (param $n i32) (result i32)
    (call $loop (call $segment (local.get $live)) (local.get $n))))

;; run: once(1, 12) == 17
;; violation: Forged once(0, 12)
;; violation: OutOfBounds once(1, 13)
;; run: again(1, 1, 0) == 0
;; violation: Forged again(0, 1, 0)
;; violation: Forged again(1, 0, 0)
;; violation: Forged again(1, 0, 12)
;; run: loop(1, 16) == 0
;; violation: Forged loop(0, 0)
;; violation: Forged loop(0, 16)
;; violation: OutOfBounds loop(1, 17)
