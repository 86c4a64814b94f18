;;! --safety temporal
;;! representations: i32 i64 anyref
;; All helpers for regions and segments.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 {seg} {bytes}) (result i32 i32)))
  (func $open (export "open") (result i32) (call $new))
  (func $close (export "close") (param $region i32) (call $free (local.get $region)))
  (func $make (param $region i32) (result {seg}) (call $allocate (local.get $region) (i32.const 8)))
  (func (export "use") (param $region i32) (param $offset i32) (result i32)
    (local $s {seg})
    (local.set $s (call $make (local.get $region)))
    (call $setInt (local.get $s) (local.get $offset) (i32.const 77))
    (call $write (i32.const 1) (local.get $s) {size:8})
    (drop)
    (drop)
    (call $getInt (local.get $s) (local.get $offset))))

;; run: open() == 1
;; run: use(1, 4) == 77
;; run: open() == 3
;; run: use(3, 0) == 77
;; violation: NotInnermost use(1, 4)
;; run: close(3) == ()

;; The functions that it calls stay functions.
;;! calls: wrappers
