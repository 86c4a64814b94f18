;;! --safety temporal
;;! representations: i64 anyref
;; Accesses after a host call are checked after it, although the record of the call is checked before it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "wasi.fd_fdstat_get" (func $fdstat (param i32 {seg}) (result i32)))
  (import "linmem" "wasi.fd_close" (func $close (param i32) (result i32)))
  (func $use (param $s {seg}) (param $fd i32)
    (drop (call $fdstat (local.get $fd) (local.get $s)))
    (drop (call $close (local.get $fd)))
    (drop (call $getInt (local.get $s) (i32.const 24))))
  (func (export "close") (param $fd i32) (result i32) (call $close (local.get $fd)))
  (func (export "use") (param $bytes i32) (param $fd i32)
    (call $use (call $allocate (call $new) (local.get $bytes)) (local.get $fd))))

;; violation: OutOfBounds use(23, 1)
;; run: close(1) == 0
;; violation: OutOfBounds use(24, 2)
;; run: close(2) == 8
;; run: use(28, 0) == ()
