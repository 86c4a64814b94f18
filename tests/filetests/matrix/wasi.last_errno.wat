;;! representations: i32 i64 anyref
;;! stdin: abc
;;! errnos: 29 8
;; The errno of the last lifted call, whatever the results of the call.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "wasi.fd_read" (func $fd_read (param i32 {seg} {bytes}) (result i32)))
  (import "linmem" "wasi.last_errno" (func $last_errno (result i32)))

  (func (export "read") (result i32 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $fd_read (i32.const 0) (local.get $s) {size:8})
    (call $last_errno))
  (func (export "last") (result i32) (call $last_errno)))

;; run: last() == 0
;; run: read() == (-29, 29)
;; run: read() == (-8, 8)
;; run: read() == (3, 0)
;; run: last() == 0
