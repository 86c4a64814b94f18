;;! representations: i32 i64 anyref
;;! directories: files
;; A directory is not a socket (NOTSOCK, 57), and a descriptor may be bad (BADF, 8). For a direction that does not exist,
;; wasmtime traps.

(module
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.sock_shutdown" (func $lifted (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))

  ;; Determines the type of segments.
  (func (export "segment") (result i32)
    (drop (call $allocate (call $new) (i32.const 8))) (call $lifted (i32.const 3) (i32.const 3)))
  (func (export "raw") (param $fd i32) (param $how i32) (result i32)
    (call $raw (local.get $fd) (local.get $how)))
  (func (export "lifted") (param $fd i32) (param $how i32) (result i32)
    (call $lifted (local.get $fd) (local.get $how))))

;; run: raw(3, 2) == 57
;; run: lifted(3, 2) == 57
;; run: raw(99, 2) == 8
;; run: lifted(99, 2) == 8
;; trap: raw(3, 4)
;; trap: lifted(3, 4)
;; run: segment() == 57
