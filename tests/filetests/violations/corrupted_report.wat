;;! --safety temporal --on-violation report --static-frames off
;;! representations: i32 i64 anyref
;;! shown: i64
;; The report of a header that a store of the program overwrote.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (memory (export "memory") 1)
  (func (export "open") (result i32) (call $new))
  (func $close (export "close") (param i32) (call $free (local.get 0)))
  (func $allocates (export "allocates") (param i32) (drop (call $allocate (local.get 0) (i32.const 8))))
  (func $inside (export "inside") (param $address i32) (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (i32.store (local.get $address) (i32.const 66))
    (call $free (local.get $r)))
  (func (export "write") (param $address i32) (param $value i32)
    (i32.store (local.get $address) (local.get $value))))

;; run: open() == 1
;; run: write(65544, 65) == ()
;; report: close(1) == MemoryAllocator.free: the region header at address 65544 was overwritten: its first word is 0x00000041 (at line 11, in $close)
;; report: allocates(1) == MemoryAllocator.allocate: the region header at address 65544 was overwritten: its first word is 0x00000041 (at line 12, in $allocates)
;; run: write(65544, 1) == ()
;; report: inside(65552) == MemoryAllocator.free: the region header at address 65552 was overwritten: its first word is 0x00000042 (at line 17, in $inside)
