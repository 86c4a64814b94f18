;;! --safety temporal
;; A packed segment in a global and in a memory of the program.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (memory (export "memory") 1)
  (global $kept (mut i64) (i64.const 0))
  (global $r (mut i32) (i32.const 0))
  (func (export "open")
    (global.set $r (call $new))
    (global.set $kept (call $allocate (global.get $r) (i32.const 8)))
    (i64.store (i32.const 8) (global.get $kept)))
  (func (export "close") (call $free (global.get $r)))
  (func (export "of_global") (param $o i32) (result i32)
    (call $setInt (global.get $kept) (local.get $o) (i32.const 3))
    (call $getInt (global.get $kept) (local.get $o)))
  (func (export "of_memory") (param $o i32) (result i32) (call $getInt (i64.load (i32.const 8)) (local.get $o))))

;; violation: OutOfBounds of_global(0)
;; run: open() == ()
;; run: of_global(4) == 3
;; run: of_memory(4) == 3
;; violation: OutOfBounds of_memory(5)
;; run: close() == ()
;; violation: UseAfterFree of_global(4)
;; violation: UseAfterFree of_memory(0)
;; violation: UseAfterFree of_memory(4)
