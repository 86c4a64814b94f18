;;! --safety temporal
;;! representations: i64 anyref
;; Memory that does not belong to linmem is never free, even above top.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg}) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 131068) "last")
  (func (export "vouched") (param $address i32) (result i32)
    (call $getInt (call $ofAddress (local.get $address) (i32.const 4)) (i32.const 0)))
  (func (export "fill") (param $address i32) (param $bytes i32)
    (call $fill
      (call $ofAddress (local.get $address) (local.get $bytes)) (i32.const 0) (local.get $bytes) (i32.const 48)))
  (func (export "write") (param $address i32) (result i32)
    (call $write_all (i32.const 1) (call $ofAddress (local.get $address) (i32.const 4))))
  (func (export "dead") (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $free (local.get $r))
    (call $getInt (local.get $s) (i32.const 0))))

;; run: vouched(0) == 0
;; run: vouched(131068) == 0x7473616c
;; run: fill(0, 131072) == ()
;; run: vouched(131068) == 0x30303030
;; trap: vouched(131072)
;; trap: vouched(0xfffffffc)
;; violation: OutOfBounds vouched(0xfffffffd)
;; violation: UseAfterFree dead()
;; trap: vouched(0xfffffffc)
;; run: vouched(131068) == 0x30303030
;; run: write(131068) == 0
;; run: fill(0, 131072) == ()
;; output: "0000"
