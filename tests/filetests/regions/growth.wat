;;! representations: i64
;;! pages: 4
;; linmem doubles what it owns; if that is refused, it requests what is missing; if that is refused, too, it traps,
;; and its state is unchanged.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes))))
  (func (export "frame") (result i32)
    (local $region i32) (local $s i64)
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 60000)))
    (call $address (local.get $s)))
  (func (export "top") (result i32) (call $new)))

;; run: allocate(65520) == 16
;; run: top() == 65536
;; run: allocate(8) == 65536
;; run: allocate(65528) == 65544
;; run: allocate(65536) == 131072
;; violation: OutOfMemory allocate(65537)
;; run: top() == 196608
;; violation: OutOfMemory allocate(0xffffffff)
;; run: frame() == 196608
;; violation: OutOfMemory frame()
;; run: top() == 256608
;; run: allocate(5536) == 256608
;; run: allocate(0) == 262144
;; violation: OutOfMemory allocate(1)
