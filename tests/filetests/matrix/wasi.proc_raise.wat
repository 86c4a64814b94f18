;;! representations: i32 i64 anyref
;;! directories: files
;; wasmtime has no signals (NOTSUP, 58); a number that is not a signal traps.

(module
  (import "wasi_snapshot_preview1" "proc_raise" (func $raw (param i32) (result i32)))
  (import "linmem" "wasi.proc_raise" (func $lifted (param i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))

  ;; Determines the type of segments.
  (func (export "segment") (result i32) (drop (call $allocate (call $new) (i32.const 8))) (call $lifted (i32.const 1)))
  (func (export "raw") (param $signal i32) (result i32) (call $raw (local.get $signal)))
  (func (export "lifted") (param $signal i32) (result i32) (call $lifted (local.get $signal))))

;; run: raw(15) == 58
;; run: lifted(15) == 58
;; trap: raw(255)
;; trap: lifted(255)
;; run: segment() == 58
