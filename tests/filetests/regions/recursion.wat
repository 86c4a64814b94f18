;;! representations: i32 i64 anyref
;; Every call of a recursive function has its own region, and so has a callback during one.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "test" "call_back" (func $call_back (param i32) (result i32)))

  (func $sum (export "sum") (param $n i32) (result i32)
    (local $region i32) (local $s {seg}) (local $rest i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 1000)))
    (call $setInt (local.get $s) (i32.const 500) (local.get $n))
    (local.set $rest (call $sum (i32.sub (local.get $n) (i32.const 1))))
    (local.set $rest (i32.add (local.get $rest) (call $getInt (local.get $s) (i32.const 500))))
    (call $free (local.get $region))
    (local.get $rest))

  (func (export "callback") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (call $through (i32.sub (local.get $n) (i32.const 1))))
      (else (i32.const 0))))

  (func $through (export "through") (param $n i32) (result i32)
    (local $region i32) (local $s {seg}) (local $rest i32)
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 12)))
    (call $setInt (local.get $s) (i32.const 8) (local.get $n))
    (local.set $rest (call $call_back (local.get $n)))
    (local.set $rest (i32.add (local.get $rest) (call $getInt (local.get $s) (i32.const 8))))
    (call $free (local.get $region))
    (local.get $rest))
  (func (export "top") (result i32) (call $new)))

;; run: sum(200) == 20100
;; run: through(20) == 210
;; run: top() == 16
