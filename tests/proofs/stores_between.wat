;; Stores of constants to static frames that cannot be merged, since other code is between them.

;;! --static-frames on
;;! representations: i64
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (memory (export "memory") 1)

  ;; theorem $between: a load between two stores that could be merged returns what was there
  ;; prove: returns => r0 == $v and r1 == 2
  ;; planted: StoresIgnoreCode
  ;; call: between($v)
  (func $between (export "between") (param $v i32) (result i32 i32) (local $a i32) (local $s i64) (local $x i32) (local $y i32)
    (local.set $a (call $new))
    (local.set $s (call $allocate (local.get $a) (i32.const 16)))
    (call $setInt (local.get $s) (i32.const 4) (local.get $v))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 1))
    (local.set $x (call $getInt (local.get $s) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 2))
    (local.set $y (call $getInt (local.get $s) (i32.const 4)))
    (call $free (local.get $a))
    (local.get $x)
    (local.get $y)))
