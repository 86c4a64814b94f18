;;! --zero free --oom null --share trust
;;! refused: 0
;; run: f() == 42
;;
;; A region is opened while there is no memory for home, and its allocation finds home. Closing the region zeroes what it
;; freed, and nothing that belongs to the program.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\2a")
  (func (export "f") (result i32)
    (local $a i32)
    (local.set $a (call $new))
    (drop (call $allocate (local.get $a) (i32.const 8)))
    (call $free (local.get $a))
    (i32.load8_u (i32.const 16))))
