;; A program that ends by `proc_exit` does not return: this exit does not count as one that leaves a region open.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func $main (export "_start") (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (call $exit (i32.const 0)))
  (func $fails (param $failed i32) (local $r i32)
    (local.set $r (call $new))
    (if (local.get $failed) (then (call $exit (i32.const 1))))
    (call $free (local.get $r))))
