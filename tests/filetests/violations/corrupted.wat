;;! --safety temporal --on-violation report --static-frames off
;; A header that was overwritten: it starts at 16, the first byte of a region, and contains the handle and the header of
;; the enclosing region, here that of home.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (func (export "open") (result i32) (call $new))
  (func $close (export "close") (param i32) (call $free (local.get 0)))
  (func $allocates (export "allocates") (param i32) (result i64) (call $allocate (local.get 0) (i32.const 4)))
  (func (export "write") (param $address i32) (param $byte i32)
    (call $setByte (call $ofAddress (local.get $address) (i32.const 1)) (i32.const 0) (local.get $byte)))
  (func $in_one_function (export "in_one_function") (param $address i32) (local $r i32)
    (local.set $r (call $new))
    (call $setByte (call $ofAddress (local.get $address) (i32.const 1)) (i32.const 0) (i32.const 7))
    (call $free (local.get $r))))

;; run: open() == 1
;; run: write(16, 65) == ()
;; report: close(1) == MemoryAllocator.free: the region header at address 16 was overwritten: its first word is 0x00000041 (at line 11, in $close)
;; report: allocates(1) == MemoryAllocator.allocate: the region header at address 16 was overwritten: its first word is 0x00000041 (at line 12, in $allocates)
;; run: write(16, 1) == ()
;; run: write(23, 1) == ()
;; report: close(1) == MemoryAllocator.free: the region header at address 16 was overwritten: its first word is 0x00000001 (at line 11, in $close)
;; run: write(23, 0) == ()
;; run: write(20, 0) == ()
;; report: close(1) == MemoryAllocator.free: the region header at address 16 was overwritten: its first word is 0x00000001 (at line 11, in $close)
;; run: write(20, 8) == ()
;; run: close(1) == ()
;; report: in_one_function(20) == MemoryAllocator.free: the region header at address 16 was overwritten: its first word is 0x00000003 (at line 18, in $in_one_function)
