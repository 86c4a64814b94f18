;;! representations: i32 i64 anyref
;; The field of a list: byte i of it is 0x80 + i, so that a field that is read at another offset, or with another size or
;; sign, gives another number. A segment that is a byte too short for it is out of bounds.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.list.count" (func $count (param {seg}) (result i32)))

  ;; A segment with a record.
  (func $record (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (local.get $s))
  ;; The first `$bytes` bytes of a record.
  (func $first (param $bytes i32) (result {seg})
    (call $slice (call $record (call $new)) (i32.const 0) (local.get $bytes)))

  (func (export "count") (param $bytes i32) (result i32) (call $count (call $first (local.get $bytes))))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $count (local.get $s))))

;; run: count(4) == 0x83828180
;; violation checked: OutOfBounds count(3)
;; run: frame() == (0x83828180)
