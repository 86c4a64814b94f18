;; Reads the fields of a record, one after the other, through a segment that another function returned.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))

  (func $sum (param $record {seg}) (result i32)
    (i32.add
      (i32.add (call $getInt (local.get $record) (i32.const 0)) (call $getInt (local.get $record) (i32.const 4)))
      (i32.add (call $getInt (local.get $record) (i32.const 8)) (call $getInt (local.get $record) (i32.const 12)))))

  (func (export "fields") (param $times i32) (result i32)
    (local $region i32) (local $record {seg}) (local $sum i32)
    (local.set $region (call $new))
    (local.set $record (call $allocate (local.get $region) (i32.const 16)))
    (call $setInt (local.get $record) (i32.const 0) (i32.const 1))
    (call $setInt (local.get $record) (i32.const 4) (i32.const 2))
    (call $setInt (local.get $record) (i32.const 8) (i32.const 3))
    (call $setInt (local.get $record) (i32.const 12) (i32.const 4))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $sum (local.get $record))))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (call $free (local.get $region))
    (local.get $sum)))
