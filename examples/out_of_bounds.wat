;; A program that reads beyond the end of its segment. Every safety level except `none` detects it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))

  ;; Meant to read the last four bytes, but the offset is too large by one.
  (func $last (param $segment i64) (result i32)
    (call $getInt
      (local.get $segment)
      (i32.sub (call $size (local.get $segment)) (i32.const 3))))

  (func (export "_start")
    (local $region i32)
    (local.set $region (call $new))
    (drop (call $last (call $allocate (local.get $region) (i32.const 16))))
    (call $free (local.get $region))))
