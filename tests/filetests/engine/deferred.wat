;; A segment that is an address is a number like any other: it can be an offset, a handle, or a size.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i32 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i32 i32) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i32 i32 i32 i32)))
  (func (export "offset") (param $four i32) (result i32) (local $r i32) (local $t i32)
    (local.set $r (call $new))
    (local.set $t (call $allocate (local.get $r) (i32.const 8)))
    (call $setInt (local.get $t) (i32.const 4) (i32.const 5))
    (i32.mul
      (i32.const 1000)
      (call $getInt (call $ofAddress (local.get $four) (i32.const 4096)) (local.get $t))))
  (func (export "handle") (result i32) (local $r i32) (local $s i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (call $free (local.get $s))
    (i32.eq (call $new) (local.get $r)))
  (func (export "byte") (result i32) (local $r i32) (local $s i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 4) (local.get $s))
    (i32.eq
      (call $getInt (local.get $s) (i32.const 0))
      (i32.mul (i32.and (local.get $s) (i32.const 255)) (i32.const 0x01010101)))))

;; run: offset(4) == 5000
;; run: handle() == 1
;; run: byte() == 1
