;; The pattern of a WASI call: a region, three small allocations, five stores, a call that uses them.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  ;; Stands for the host: reads both fields of the iovec.
  (func $use (param $iovec {seg}) (result i32)
    (i32.add
      (call $getInt (local.get $iovec) (i32.const 0))
      (call $getInt (local.get $iovec) (i32.const 4))))

  (func (export "iovec") (param $times i32) (result i32)
    (local $region i32) (local $text {seg}) (local $iovec {seg}) (local $count {seg}) (local $sum i32)
    (loop $again
      (local.set $region (call $new))
      (local.set $text (call $allocate (local.get $region) (i32.const 16)))
      (local.set $iovec (call $allocate (local.get $region) (i32.const 8)))
      (local.set $count (call $allocate (local.get $region) (i32.const 4)))
      (call $setInt (local.get $iovec) (i32.const 0) (call $address (local.get $text)))
      (call $setInt (local.get $iovec) (i32.const 4) (i32.const 16))
      (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
      (call $setLong (local.get $text) (i32.const 0) (i64.const 0x6f77206f6c6c6568))
      (local.set $sum (i32.add (local.get $sum) (call $use (local.get $iovec))))
      (call $free (local.get $region))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum)))
