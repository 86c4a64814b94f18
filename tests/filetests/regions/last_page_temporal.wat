;;! --safety temporal --oom null
;; Growth that ends at the last page does not move the end of home beyond it: nothing wraps around.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i32)))
  (func (export "open") (result i32) (call $new))
  (func (export "allocate") (param $r i32) (param $bytes i32) (result i32)
    (call $allocate (local.get $r) (local.get $bytes)))
  (func (export "aligned") (param $r i32) (param $bytes i32) (param $alignment i32) (result i32)
    (call $aligned (local.get $r) (local.get $bytes) (local.get $alignment))))

;; run: open() == 1
;; run: allocate(1, 0xfffdff00) == 24
;; run: allocate(1, 0x1fff0) == 0
;; run: allocate(1, 0x1000) == 0xfffdff18
;; run: allocate(1, 0x1eff0) == 0
;; run: aligned(1, 8, 4096) == 0xfffe1000
;; run: allocate(1, 8) == 0xfffe1008
