;;! --share allocator:malloc
;;! representations: i64
;; Blocks below the first chunk cannot be used. They do not make linmem request larger ones.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 100)
  (global $hole (mut i32) (i32.const 0x10000))
  (global $next (mut i32) (i32.const 0x100000))
  (global $calls (mut i32) (i32.const 0))
  (global $asked (mut i32) (i32.const 0))
  ;; The first block is at a high address; the others fill a hole of three pages below it as long as they fit.
  (func (export "malloc") (param $bytes i32) (result i32)
    (global.set $asked (i32.add (global.get $asked) (local.get $bytes)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (result i32) (i32.and (i32.gt_u (global.get $calls) (i32.const 1))
        (i32.le_u (i32.add (global.get $hole) (local.get $bytes)) (i32.const 0x40000)))
      (then
        (global.get $hole)
        (global.set $hole (i32.add (global.get $hole) (local.get $bytes))))
      (else
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get $bytes))))))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes))))
  (func (export "pages") (result i32) (i32.shr_u (global.get $asked) (i32.const 16))))

;; run: allocate(8) == 0x100008
;; run: pages() == 1
;; run: allocate(70000) == 0x110008
;; run: pages() == 5
