;;! --safety temporal
;;! representations: i32 i64 anyref
;;! pages: 2
;; Allocations that fail and invalid alignments, as traps.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func (export "allocates") (param $bytes i32) (local $r i32)
    (drop (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $free (local.get $r)))
  (func (export "aligns") (param $bytes i32) (param $alignment i32) (local $r i32)
    (drop (call $aligned (local.tee $r (call $new)) (local.get $bytes) (local.get $alignment)))
    (call $free (local.get $r)))
  (func (export "frame") (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 131000)))
    (drop (call $allocate (local.get $r) (i32.const 100)))))

;; run: allocates(130000) == ()
;; run: aligns(8, 65536) == ()
;; run: aligns(0, 1) == ()
;; violation: BadAlignment aligns(8, 0)
;; violation: BadAlignment aligns(8, 3)
;; violation: BadAlignment aligns(0, 0x20000)
;; violation: BadAlignment aligns(0xffffffff, 0x80000000)
;; violation: OutOfMemory allocates(131072)
;; violation: OutOfMemory allocates(0xffffffff)
;; violation: OutOfMemory aligns(0xffffffff, 65536)
;; violation: OutOfMemory frame()
