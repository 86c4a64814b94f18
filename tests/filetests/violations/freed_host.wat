;;! --safety temporal
;;! representations: i64 anyref
;;! shown: i64
;;! stdin: input
;; A host call is not made with a freed segment: nothing is read, nothing is written.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg}) (result i32 i32)))
  (import "linmem" "wasi.fd_read" (func $fd_read (param i32 {seg}) (result i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg}) (result i32)))
  (func $segment (result {seg} i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x64636261))
    (local.get $s)
    (local.get $r))
  (func $dead (result {seg}) (call $free (call $segment)))
  (func $live (result {seg}) (drop (call $segment)))
  (func (export "write_dead") (result i32 i32) (call $fd_write (i32.const 1) (call $dead)))
  (func (export "write_all_dead") (result i32) (call $write_all (i32.const 1) (call $dead)))
  (func (export "read_dead") (result i32 i32) (call $fd_read (i32.const 0) (call $dead)))
  (func (export "write") (result i32 i32) (call $fd_write (i32.const 1) (call $live)))
  (func (export "write_all") (result i32) (call $write_all (i32.const 1) (call $live)))
  (func (export "write_part") (result i32)
    (call $write_all (i32.const 1) (call $slice (call $live) (i32.const 3) (i32.const 1))))
  (func (export "read") (result i32 i32 i32) (local $s {seg})
    (local.set $s (call $live))
    (call $fd_read (i32.const 0) (local.get $s))
    (call $getByte (local.get $s) (i32.const 0))))

;; violation: UseAfterFree write_dead()
;; violation: UseAfterFree write_all_dead()
;; violation: UseAfterFree read_dead()
;; output: ""
;; run: write() == (0, 4)
;; run: write_all() == 0
;; run: write_part() == 0
;; run: read() == (0, 4, 105)
;; output: "abcdabcdd"
