;;! representations: anyref
;;! stdin: input
;; A host call is not made if a reference is not a segment.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg}) (result i32 i32)))
  (import "linmem" "wasi.fd_read" (func $fd_read (param i32 {seg}) (result i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg}) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (type $alike (struct (field i32) (field i32)))
  (func (export "write_null") (result i32 i32) (call $fd_write (i32.const 1) (ref.null none)))
  (func (export "write_alike") (result i32 i32)
    (call $fd_write (i32.const 1) (struct.new $alike (i32.const 0) (i32.const 8))))
  (func (export "write_all_null") (result i32) (call $write_all (i32.const 1) (ref.null none)))
  (func (export "write_all_number") (result i32) (call $write_all (i32.const 1) (ref.i31 (i32.const 8))))
  (func (export "read_null") (result i32 i32) (call $fd_read (i32.const 0) (ref.null none)))
  (func (export "read_alike") (result i32 i32)
    (call $fd_read (i32.const 0) (struct.new $alike (i32.const 0) (i32.const 8))))
  (func (export "write") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x64636261))
    (call $write_all (i32.const 1) (local.get $s))))

;; violation: Forged write_null()
;; violation: Forged write_alike()
;; violation: Forged write_all_null()
;; violation: Forged write_all_number()
;; violation: Forged read_null()
;; violation: Forged read_alike()
;; output: ""
;; run: write() == 0
;; output: "abcd"
