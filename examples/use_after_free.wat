;; Reads the bytes of a region after the region was closed, through an address: `linmem run --trace` reports the three places.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 1)

  (func $number (param $region i32) (result i32)
    (call $address (call $allocate (local.get $region) (i32.const 16))))

  (func $main (export "_start")
    (local $region i32) (local $number i32)
    (local.set $region (call $new))
    (local.set $number (call $number (local.get $region)))
    (i32.store (local.get $number) (i32.const 42))
    (call $free (local.get $region))
    (drop (i32.load (local.get $number)))))
