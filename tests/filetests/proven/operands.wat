;;! representations: i64 anyref
;; A value that changes the locals that the segment and the offset were read from: the values that were read are checked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $offset (param $s {seg}) (param $o i32) (param $p i32) (result i32)
    (call $setByte (local.get $s) (local.get $o) (local.tee $o (local.get $p)))
    (call $getByte (local.get $s) (local.get $o)))
  (func $exchanged (param $s {seg}) (param $t {seg}) (param $o i32) (result i32)
    (call $setByte (local.get $s) (local.get $o)
      (block (result i32)
        (local.set $s (local.get $t))
        (i32.const 5)))
    (call $getByte (local.get $s) (local.get $o)))
  (func $teed (param $s {seg}) (param $t {seg}) (param $o i32) (result i32)
    (call $setByte (local.get $s) (local.get $o) (i32.const 5))
    (call $setByte (local.tee $s (local.get $t)) (local.get $o) (i32.const 6))
    (call $getByte (local.get $s) (local.get $o)))
  ;; The inner access checks what the outer one needs, and vice versa.
  (func $inside (param $s {seg}) (param $o i32) (result i32)
    (call $getByte (local.get $s) (i32.add (local.get $o) (call $getByte (local.get $s) (local.get $o)))))
  (func (export "offset") (param $bytes i32) (param $o i32) (param $p i32) (result i32)
    (call $offset (call $segment (local.get $bytes)) (local.get $o) (local.get $p)))
  (func (export "exchanged") (param $s i32) (param $t i32) (param $o i32) (result i32)
    (call $exchanged (call $segment (local.get $s)) (call $segment (local.get $t)) (local.get $o)))
  (func (export "teed") (param $s i32) (param $t i32) (param $o i32) (result i32)
    (call $teed (call $segment (local.get $s)) (call $segment (local.get $t)) (local.get $o)))
  (func (export "inside") (param $bytes i32) (param $o i32) (result i32)
    (call $inside (call $segment (local.get $bytes)) (local.get $o))))

;; run: offset(8, 7, 7) == 7
;; violation: OutOfBounds offset(8, 8, 7)
;; violation: OutOfBounds offset(8, 7, 8)
;; run: exchanged(8, 8, 7) == 0
;; violation: OutOfBounds exchanged(7, 8, 7)
;; violation: OutOfBounds exchanged(8, 7, 7)
;; run: teed(8, 8, 7) == 6
;; violation: OutOfBounds teed(7, 8, 7)
;; violation: OutOfBounds teed(8, 7, 7)
;; run: inside(8, 7) == 0
;; violation: OutOfBounds inside(8, 8)
