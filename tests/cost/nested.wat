;; A recursive function that opens a region in each call, as a scope of a compiler does: it allocates, stores, calls itself,
;; reads, and closes the region.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))

  (func $level (param $n i32) (result i32)
    (local $region i32) (local $s {seg}) (local $sum i32)
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 16)))
    (call $setInt (local.get $s) (i32.const 0) (local.get $n))
    (if (local.get $n)
      (then (local.set $sum (call $level (i32.sub (local.get $n) (i32.const 1))))))
    (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (i32.const 0))))
    (call $free (local.get $region))
    (local.get $sum))

  (func (export "nested") (param $levels i32) (result i32)
    (call $level (i32.sub (local.get $levels) (i32.const 1)))))
