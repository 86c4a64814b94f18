;;! --safety temporal --nesting outermost --zero free --on-violation report
;; Any open region may allocate and be closed, in any order; memory is freed, and zeroed, when the last one is closed.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (func $open (export "open") (result i32) (call $new))
  (func $close (export "close") (param i32)
    (call $free (local.get 0)))
  (func $fill (export "fill") (param i32) (result i32) (local $s i64)
    (local.set $s (call $allocate (local.get 0) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 77))
    (call $address (local.get $s)))
  (func (export "read") (param i32) (result i32)
    (call $getInt (call $ofAddress (local.get 0) (i32.const 4)) (i32.const 0)))
  (func (export "next") (param i32) (result i32)
    (call $getInt (call $allocate (local.get 0) (i32.const 4)) (i32.const 0))))

;; run: open() == 1
;; run: open() == 3
;; run: fill(1) == 32
;; run: close(1) == ()
;; report: close(1) == MemoryAllocator.free: allocator 1 is not open: it was already closed, or never opened (at line 13, in $close)
;; report: fill(1) == MemoryAllocator.allocate: allocator 1 is not open: it was closed, or never opened (at line 15, in $fill)
;; run: fill(3) == 40
;; run: read(32) == 77
;; run: close(3) == ()
;; report: read(32) == MemorySegment.getInt: the 4 bytes at address 32 of a freed segment (at line 19, in function 10)
;; run: open() == 5
;; run: fill(5) == 24
;; run: next(5) == 0
;; run: next(5) == 0
