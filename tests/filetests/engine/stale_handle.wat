;;! representations: i32 i64 anyref
;; A handle on the stack keeps the value that was pushed, even if the local is assigned before the handle is used.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (func $release (param $r i32) (call $free (local.get $r)))
  (func (export "run") (result i32)
    (local $r i32) (local $outer i32) (local $s {seg}) (local $x {seg}) (local $y {seg})
    (local.set $outer (local.tee $r (call $new)))
    (local.get $r)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $release (local.get $r))
    i32.const 8
    call $allocate
    local.set $x
    (local.set $y (call $allocate (local.get $outer) (i32.const 16)))
    (call $setInt (local.get $x) (i32.const 0) (i32.const 1))
    (call $setInt (local.get $y) (i32.const 0) (i32.const 2))
    (call $setInt (local.get $y) (i32.const 8) (i32.const 2))
    (call $getInt (local.get $x) (i32.const 0))))

;; run: run() == 1

;; The functions that it calls stay functions.
;;! calls: wrappers
