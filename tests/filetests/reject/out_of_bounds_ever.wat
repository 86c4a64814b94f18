;; No segment is so large that these bytes are in it.
(module
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func $wrong (param $s i64) (result i32) (call $getInt (local.get $s) (i32.const 0xfffffffc))))
