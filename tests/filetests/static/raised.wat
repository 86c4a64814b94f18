;;! representations: i64
;;! policies: stack outermost
;; Behind the declared minimum of a memory whose size the program cannot notice. Regions follow, and the start of a segment in
;; a parameter does not matter to the check of its liveness.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.getUByte" (func $get (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param i64 i32 i64 i32 i32)))
  (import "linmem:utf8" "static" (global $text i64))
  (import "linmem:utf8" "tic" (global $suffix i64))
  (import "linmem:reserve" "zeros 8" (global $zeros i64))
  (memory (export "memory") 2 4)
  (data (i32.const 8) "own")
  (func $read (param i64 i32) (result i32) (call $get (local.get 0) (local.get 1)))
  (func (export "read") (param i32) (result i32 i32 i32)
    (i32.load8_u (i32.add (local.get 0) (i32.const 8)))
    (call $read (global.get $text) (local.get 0))
    (call $read (global.get $suffix) (local.get 0)))
  (func (export "addresses") (result i32 i32)
    (call $address (global.get $text))
    (call $address (global.get $zeros)))
  (func (export "copy") (result i32 i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 6)))
    (call $copy (local.get $s) (i32.const 0) (global.get $text) (i32.const 0) (i32.const 6))
    (call $read (local.get $s) (i32.const 5))
    (i32.sub (call $address (local.get $s)) (call $address (global.get $zeros)))
    (call $free (local.get $r))))

;; run: read(0) == (0x6f, 0x73, 0x74)
;; run: read(2) == (0x6e, 0x61, 0x63)
;; run none: addresses() == (0x20008, 0x20010)
;; run none: copy() == (0x63, 8)
;; run temporal: addresses() == (0x20008, 0x20010)
;; violation checked: OutOfBounds read(3)

;; The functions that it calls stay functions.
;;! calls: wrappers
