;;! representations: i32 i64 anyref
;; Ends the program: code before it runs, code after it does not.

(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $raw (param i32)))
  (import "linmem" "wasi.proc_exit" (func $lifted (param i32)))
  (import "test" "log" (func $log (param i64)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))

  ;; Determines the type of segments.
  (func $segment (result {seg}) (call $allocate (call $new) (i32.const 8)))

  (func (export "raw") (param $status i32) (result i32) (local $s {seg})
    (local.set $s (call $segment))
    (call $log (i64.const 1))
    (if (local.get $status) (then (call $raw (local.get $status))))
    (call $log (i64.const 2))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 7))
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "lifted") (param $status i32) (result i32) (local $s {seg})
    (local.set $s (call $segment))
    (call $log (i64.const 3))
    (if (local.get $status) (then (call $lifted (local.get $status))))
    (call $log (i64.const 4))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 7))
    (call $getInt (local.get $s) (i32.const 0))))

;; trap: raw(3)
;; trap: lifted(3)
;; run: raw(0) == 7
;; run: lifted(0) == 7
;; log: 1 3 1 2 3 4
