;; Allocates memory, writes a text and an iovec to it, and passes them to a raw import of WASI, which prints the
;; text.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param i64 i32 i64)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  (func (export "_start")
    (local $region i32) (local $text i64) (local $iovec i64) (local $count i64)
    (local.set $region (call $new))
    (local.set $text (call $allocate (local.get $region) (i32.const 14)))
    (local.set $iovec (call $allocate (local.get $region) (i32.const 8)))
    (local.set $count (call $allocate (local.get $region) (i32.const 4)))

    (call $setLong (local.get $text) (i32.const 0) (i64.const 0x77202c6f6c6c6548))  ;; "Hello, w"
    (call $setLong (local.get $text) (i32.const 6) (i64.const 0x0a21646c726f7720))  ;; " world!\n"

    (call $setInt (local.get $iovec) (i32.const 0) (call $address (local.get $text)))
    (call $setInt (local.get $iovec) (i32.const 4) (i32.const 14))
    (drop (call $fd_write
      (i32.const 1) (call $address (local.get $iovec)) (i32.const 1) (call $address (local.get $count))))

    (call $free (local.get $region))))
