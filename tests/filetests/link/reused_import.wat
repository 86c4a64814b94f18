;; A host function that the program already imports is not imported twice.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $raw (param i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\03\00\00\00raw lifted")
  (func (export "raw") (result i32) (call $raw (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 64)))
  (func (export "lifted") (result i32)
    (call $write_all (i32.const 1) (i64.or (i64.const 20) (i64.shl (i64.const 6) (i64.const 32))))))

;; run: raw() == 0
;; run: lifted() == 0
;; output: "rawlifted"
