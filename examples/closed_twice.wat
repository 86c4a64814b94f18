;; Closes a region twice, in two functions: `linmem run --safety temporal` reports the violation and its place.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))

  (func $use (param $region i32)
    (drop (call $write_all (i32.const 1) (call $allocate (local.get $region) (i32.const 0))))
    (call $free (local.get $region)))

  (func $finish (param $region i32)
    (call $free (local.get $region)))

  (func $start (export "_start")
    (local $region i32)
    (local.set $region (call $new))
    (call $use (local.get $region))
    (call $finish (local.get $region))))
