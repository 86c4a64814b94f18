;;! representations: i32 i64 anyref
;;! directories: files
;; Yields to other threads, of which there are none: the contents of a segment do not change.

(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $raw (result i32)))
  (import "linmem" "wasi.sched_yield" (func $lifted (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))

  (func (export "raw") (result i32 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 7))
    (call $raw)
    (call $getInt (local.get $s) (i32.const 0)))
  (func (export "lifted") (result i32 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 7))
    (call $lifted)
    (call $getInt (local.get $s) (i32.const 0))))

;; run: raw() == (0, 7)
;; run: lifted() == (0, 7)
