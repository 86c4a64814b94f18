;;! representations: i32 i64 anyref
;; The five fields of an event: byte i of it is 0x80 + i, so that a field read at another offset, or with another
;; size or sign, gives another number. A segment that is a byte too short for a field is out of bounds.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.event.userdata" (func $userdata (param {seg}) (result i64)))
  (import "linmem" "wasi.event.error" (func $error (param {seg}) (result i32)))
  (import "linmem" "wasi.event.type" (func $type (param {seg}) (result i32)))
  (import "linmem" "wasi.event.nbytes" (func $nbytes (param {seg}) (result i64)))
  (import "linmem" "wasi.event.flags" (func $flags (param {seg}) (result i32)))

  ;; A segment with a record.
  (func $record (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 32)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (call $setLong (local.get $s) (i32.const 24) (i64.const 0x9f9e9d9c9b9a9998))
    (local.get $s))
  ;; The first `$bytes` bytes of a record.
  (func $first (param $bytes i32) (result {seg})
    (call $slice (call $record (call $new)) (i32.const 0) (local.get $bytes)))

  (func (export "userdata") (param $bytes i32) (result i64) (call $userdata (call $first (local.get $bytes))))
  (func (export "error") (param $bytes i32) (result i32) (call $error (call $first (local.get $bytes))))
  (func (export "type") (param $bytes i32) (result i32) (call $type (call $first (local.get $bytes))))
  (func (export "nbytes") (param $bytes i32) (result i64) (call $nbytes (call $first (local.get $bytes))))
  (func (export "flags") (param $bytes i32) (result i32) (call $flags (call $first (local.get $bytes))))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i64 i32 i32 i64 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 32)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (call $setLong (local.get $s) (i32.const 24) (i64.const 0x9f9e9d9c9b9a9998))
    (call $userdata (local.get $s)) (call $error (local.get $s)) (call $type (local.get $s))
    (call $nbytes (local.get $s)) (call $flags (local.get $s))))

;; run: userdata(8) == 0x8786858483828180
;; violation checked: OutOfBounds userdata(7)
;; run: error(10) == 0x8988
;; violation checked: OutOfBounds error(9)
;; run: type(11) == 0x8a
;; violation checked: OutOfBounds type(10)
;; run: nbytes(24) == 0x9796959493929190
;; violation checked: OutOfBounds nbytes(23)
;; run: flags(26) == 0x9998
;; violation checked: OutOfBounds flags(25)
;; run: frame() == (0x8786858483828180, 0x8988, 0x8a, 0x9796959493929190, 0x9998)
