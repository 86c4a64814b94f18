;;! representations: i32 i64 anyref
;; The two fields of a prestat: byte i of it is 0x80 + i, so that a field read at another offset, or with another
;; size or sign, gives another number. A segment that is a byte too short for a field is out of bounds.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.prestat.tag" (func $tag (param {seg}) (result i32)))
  (import "linmem" "wasi.prestat.dir_name_len" (func $dir_name_len (param {seg}) (result i32)))

  ;; A segment with a record.
  (func $record (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (local.get $s))
  ;; The first `$bytes` bytes of a record.
  (func $first (param $bytes i32) (result {seg})
    (call $slice (call $record (call $new)) (i32.const 0) (local.get $bytes)))

  (func (export "tag") (param $bytes i32) (result i32) (call $tag (call $first (local.get $bytes))))
  (func (export "dir_name_len") (param $bytes i32) (result i32) (call $dir_name_len (call $first (local.get $bytes))))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i32 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $tag (local.get $s)) (call $dir_name_len (local.get $s))))

;; run: tag(1) == 0x80
;; violation checked: OutOfBounds tag(0)
;; run: dir_name_len(8) == 0x87868584
;; violation checked: OutOfBounds dir_name_len(7)
;; run: frame() == (0x80, 0x87868584)
