;;! --share trust
;;! representations: i32 i64 anyref
;; A module that defines its memory: linmem uses only what it grew itself, and grows nothing before a region is opened.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 8) "mine")
  (func (export "pages") (result i32) (memory.size))
  (func (export "word") (result i32) (i32.load (i32.const 8)))
  (func (export "run") (param $bytes i32) (result i32)
    (local $region i32) (local $address i32)
    (local.set $region (call $new))
    (local.set $address (call $address (call $allocate (local.get $region) (local.get $bytes))))
    (call $free (local.get $region))
    (local.get $address)))

;; run: pages() == 2
;; run: run(100) == 131080
;; run: pages() == 3
;; run: run(100) == 131080
;; run: run(65528) == 131080
;; run: run(65529) == 131080
;; run: pages() == 4
;; run: word() == 0x656e696d
