;;! --oom null
;;! pages: 1
;; A region can be opened even if there is no page for home: it is empty, and home is looked for again later.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 i64) (result i32 i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff\ff\00\00\00\00\00\00AAAAAAAABBBBBBBB")
  (func (export "write") (result i32 i32) (call $write (i32.const 1) (call $ofAddress (i32.const 8) (i32.const 8))))
  (func (export "word") (param $at i32) (result i64) (i64.load (local.get $at)))
  (func (export "null") (param $bytes i32) (result i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
    (call $free (local.get $r))
    (i64.eqz (local.get $s))))

;; run: write() == (48, 0)
;; run: write() == (48, 0)
;; run: word(0) == 0xffff
;; run: word(16) == 0x4242424242424242
;; run: null(8) == 1
;; run: null(0) == 1
;; run: null(0xffffffff) == 1
