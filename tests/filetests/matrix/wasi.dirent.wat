;;! representations: i32 i64 anyref
;; The four fields of a dirent: byte i of it is 0x80 + i, so that a field read at another offset, or with another
;; size or sign, gives another number. A segment that is a byte too short for a field is out of bounds.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.dirent.next" (func $next (param {seg}) (result i64)))
  (import "linmem" "wasi.dirent.ino" (func $ino (param {seg}) (result i64)))
  (import "linmem" "wasi.dirent.namlen" (func $namlen (param {seg}) (result i32)))
  (import "linmem" "wasi.dirent.type" (func $type (param {seg}) (result i32)))

  ;; A segment with a record.
  (func $record (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 24)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (local.get $s))
  ;; The first `$bytes` bytes of a record.
  (func $first (param $bytes i32) (result {seg})
    (call $slice (call $record (call $new)) (i32.const 0) (local.get $bytes)))

  (func (export "next") (param $bytes i32) (result i64) (call $next (call $first (local.get $bytes))))
  (func (export "ino") (param $bytes i32) (result i64) (call $ino (call $first (local.get $bytes))))
  (func (export "namlen") (param $bytes i32) (result i32) (call $namlen (call $first (local.get $bytes))))
  (func (export "type") (param $bytes i32) (result i32) (call $type (call $first (local.get $bytes))))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i64 i64 i32 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 24)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (call $next (local.get $s)) (call $ino (local.get $s)) (call $namlen (local.get $s)) (call $type (local.get $s))))

;; run: next(8) == 0x8786858483828180
;; violation checked: OutOfBounds next(7)
;; run: ino(16) == 0x8f8e8d8c8b8a8988
;; violation checked: OutOfBounds ino(15)
;; run: namlen(20) == 0x93929190
;; violation checked: OutOfBounds namlen(19)
;; run: type(21) == 0x94
;; violation checked: OutOfBounds type(20)
;; run: frame() == (0x8786858483828180, 0x8f8e8d8c8b8a8988, 0x93929190, 0x94)
