;;! --split 1MiB
;; memory.size and memory.grow in a start function, as operands of intrinsics, beside constants, in loops, in code that is
;; unreachable, and in functions that do not call intrinsics.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.size" (func $bytes (param i64) (result i32)))
  (memory (export "memory") 1)
  (global $end (mut i32) (i32.const 0))
  (func $start
    (drop (memory.grow (i32.const 1)))
    (global.set $end (i32.shl (memory.size) (i32.const 16))))
  (start $start)
  (func (export "end") (result i32) (global.get $end))
  (func (export "operand") (result i32)
    (call $bytes (call $allocate (call $new) (memory.size))))
  (func (export "grown") (result i32)
    (call $bytes (call $allocate (call $new) (i32.add (memory.grow (i32.const 2)) (i32.const 100)))))
  (func (export "loop") (result i32) (local $r i32)
    (local.set $r (call $new))
    (loop $again
      (drop (call $allocate (local.get $r) (i32.const 40000)))
      (br_if $again (i32.lt_u (memory.size) (i32.add (memory.grow (i32.const 1)) (i32.const 1)))))
    (call $free (local.get $r))
    (memory.size))
  (func (export "dead") (result i32)
    (call $free (call $new))
    (return (memory.size))
    (drop (memory.grow (memory.size)))
    unreachable)
  (func (export "size") (result i32) memory.size))

;; run: end() == 131072
;; run: size() == 2
;; run: operand() == 2
;; run: grown() == 102
;; run: size() == 4
;; run: loop() == 16
;; run: dead() == 16
