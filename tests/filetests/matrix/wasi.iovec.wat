;;! representations: i32 i64 anyref
;; The two fields of an iovec: byte i of it is 0x80 + i, so that a field read at another offset, or with another
;; size or sign, gives another number. A segment that is a byte too short for a field is out of bounds. Writing a field
;; changes only the field, neither the rest of the record nor the eight bytes 0xff on each side: the results show which
;; longs changed, and the long that contains the field.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.iovec.buf" (func $buf (param {seg}) (result i32)))
  (import "linmem" "wasi.iovec.set_buf" (func $set_buf (param {seg} i32)))
  (import "linmem" "wasi.iovec.buf_len" (func $buf_len (param {seg}) (result i32)))
  (import "linmem" "wasi.iovec.set_buf_len" (func $set_buf_len (param {seg} i32)))

  ;; A record with eight bytes before it and eight after it.
  (func $around (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 24)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0xffffffffffffffff))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0xffffffffffffffff))
    (local.get $s))
  ;; The first `$bytes` bytes of a record.
  (func $first (param $bytes i32) (result {seg})
    (call $slice (call $around (call $new)) (i32.const 8) (local.get $bytes)))
  ;; A bit for each long that was changed, of the record and around it.
  (func $changed (param $r i32) (param $s {seg}) (result i32) (local $was {seg}) (local $i i32) (local $bits i32)
    (local.set $was (call $around (local.get $r)))
    (loop $longs
      (local.set $bits (i32.or (local.get $bits) (i32.shl
        (i64.ne (call $getLong (local.get $s) (i32.shl (local.get $i) (i32.const 3)))
          (call $getLong (local.get $was) (i32.shl (local.get $i) (i32.const 3))))
        (local.get $i))))
      (br_if $longs (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (local.get $bits))

  (func (export "buf") (param $bytes i32) (result i32) (call $buf (call $first (local.get $bytes))))
  (func (export "buf_len") (param $bytes i32) (result i32) (call $buf_len (call $first (local.get $bytes))))
  (func (export "set_buf") (param $bytes i32) (result i32 i64) (local $r i32) (local $s {seg})
    (local.set $s (call $around (local.tee $r (call $new))))
    (call $set_buf (call $slice (local.get $s) (i32.const 8) (local.get $bytes)) (i32.const 0x01020304))
    (call $changed (local.get $r) (local.get $s)) (call $getLong (local.get $s) (i32.const 8)))
  (func (export "set_buf_len") (param $bytes i32) (result i32 i64) (local $r i32) (local $s {seg})
    (local.set $s (call $around (local.tee $r (call $new))))
    (call $set_buf_len (call $slice (local.get $s) (i32.const 8) (local.get $bytes)) (i32.const 0x01020304))
    (call $changed (local.get $r) (local.get $s)) (call $getLong (local.get $s) (i32.const 8)))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i32 i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $set_buf (local.get $s) (i32.const -1))
    (call $set_buf_len (local.get $s) (i32.const -2))
    (call $buf (local.get $s)) (call $buf_len (local.get $s))))

;; run: buf(4) == 0x83828180
;; violation checked: OutOfBounds buf(3)
;; run: buf_len(8) == 0x87868584
;; violation checked: OutOfBounds buf_len(7)
;; run: set_buf(4) == (0x02, 0x8786858401020304)
;; violation checked: OutOfBounds set_buf(3)
;; run: set_buf_len(8) == (0x02, 0x0102030483828180)
;; violation checked: OutOfBounds set_buf_len(7)
;; run: frame() == (-1, -2)
