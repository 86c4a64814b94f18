;;! representations: i32 i64 anyref
;; The four fields of an fdstat: byte i of it is 0x80 + i, so that a field read at another offset, or with another
;; size or sign, gives another number. A segment that is a byte too short for a field is out of bounds.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.fdstat.filetype" (func $filetype (param {seg}) (result i32)))
  (import "linmem" "wasi.fdstat.flags" (func $flags (param {seg}) (result i32)))
  (import "linmem" "wasi.fdstat.rights_base" (func $rights_base (param {seg}) (result i64)))
  (import "linmem" "wasi.fdstat.rights_inheriting" (func $rights_inheriting (param {seg}) (result i64)))

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

  (func (export "filetype") (param $bytes i32) (result i32) (call $filetype (call $first (local.get $bytes))))
  (func (export "flags") (param $bytes i32) (result i32) (call $flags (call $first (local.get $bytes))))
  (func (export "rights_base") (param $bytes i32) (result i64) (call $rights_base (call $first (local.get $bytes))))
  (func (export "rights_inheriting") (param $bytes i32) (result i64)
    (call $rights_inheriting (call $first (local.get $bytes))))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i32 i32 i64 i64) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 24)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (call $filetype (local.get $s)) (call $flags (local.get $s)) (call $rights_base (local.get $s))
    (call $rights_inheriting (local.get $s))))

;; run: filetype(1) == 0x80
;; violation checked: OutOfBounds filetype(0)
;; run: flags(4) == 0x8382
;; violation checked: OutOfBounds flags(3)
;; run: rights_base(16) == 0x8f8e8d8c8b8a8988
;; violation checked: OutOfBounds rights_base(15)
;; run: rights_inheriting(24) == 0x9796959493929190
;; violation checked: OutOfBounds rights_inheriting(23)
;; run: frame() == (0x80, 0x8382, 0x8f8e8d8c8b8a8988, 0x9796959493929190)
