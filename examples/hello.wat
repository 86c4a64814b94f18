;; A constant text in static data. Its address goes into an iovec in a region, which is passed to a raw import of WASI that
;; prints the text.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
  (import "linmem:utf8" "Hello, world!\n" (global $text i64))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  (func (export "_start")
    (local $region i32) (local $iovec i64) (local $count i64)
    (local.set $region (call $new))
    (local.set $iovec (call $allocate (local.get $region) (i32.const 8)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))

    (call $setInt (local.get $iovec) (i32.const 0) (call $address (global.get $text)))
    (call $setInt (local.get $iovec) (i32.const 4) (call $size (global.get $text)))
    (drop (call $fd_write
      (i32.const 1) (call $address (local.get $iovec)) (i32.const 1) (call $address (local.get $count))))

    (call $free (local.get $region))))
