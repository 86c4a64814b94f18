;;! representations: i32 i64 anyref
;; The eight fields of a filestat: byte i of it is 0x80 + i, so that a field that is read at another offset, or with
;; another size or sign, gives another number. A segment that is a byte too short for a field is out of bounds.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.filestat.dev" (func $dev (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.ino" (func $ino (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.filetype" (func $filetype (param {seg}) (result i32)))
  (import "linmem" "wasi.filestat.nlink" (func $nlink (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.atim" (func $atim (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.mtim" (func $mtim (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.ctim" (func $ctim (param {seg}) (result i64)))

  ;; A segment with a record.
  (func $record (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 64)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (call $setLong (local.get $s) (i32.const 24) (i64.const 0x9f9e9d9c9b9a9998))
    (call $setLong (local.get $s) (i32.const 32) (i64.const 0xa7a6a5a4a3a2a1a0))
    (call $setLong (local.get $s) (i32.const 40) (i64.const 0xafaeadacabaaa9a8))
    (call $setLong (local.get $s) (i32.const 48) (i64.const 0xb7b6b5b4b3b2b1b0))
    (call $setLong (local.get $s) (i32.const 56) (i64.const 0xbfbebdbcbbbab9b8))
    (local.get $s))
  ;; The first `$bytes` bytes of a record.
  (func $first (param $bytes i32) (result {seg})
    (call $slice (call $record (call $new)) (i32.const 0) (local.get $bytes)))

  (func (export "dev") (param $bytes i32) (result i64) (call $dev (call $first (local.get $bytes))))
  (func (export "ino") (param $bytes i32) (result i64) (call $ino (call $first (local.get $bytes))))
  (func (export "filetype") (param $bytes i32) (result i32) (call $filetype (call $first (local.get $bytes))))
  (func (export "nlink") (param $bytes i32) (result i64) (call $nlink (call $first (local.get $bytes))))
  (func (export "size") (param $bytes i32) (result i64) (call $size (call $first (local.get $bytes))))
  (func (export "atim") (param $bytes i32) (result i64) (call $atim (call $first (local.get $bytes))))
  (func (export "mtim") (param $bytes i32) (result i64) (call $mtim (call $first (local.get $bytes))))
  (func (export "ctim") (param $bytes i32) (result i64) (call $ctim (call $first (local.get $bytes))))
  ;; In a frame, so that the size of the record is known.
  (func (export "frame") (result i64 i64 i32 i64 i64 i64 i64 i64) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 64)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x8786858483828180))
    (call $setLong (local.get $s) (i32.const 8) (i64.const 0x8f8e8d8c8b8a8988))
    (call $setLong (local.get $s) (i32.const 16) (i64.const 0x9796959493929190))
    (call $setLong (local.get $s) (i32.const 24) (i64.const 0x9f9e9d9c9b9a9998))
    (call $setLong (local.get $s) (i32.const 32) (i64.const 0xa7a6a5a4a3a2a1a0))
    (call $setLong (local.get $s) (i32.const 40) (i64.const 0xafaeadacabaaa9a8))
    (call $setLong (local.get $s) (i32.const 48) (i64.const 0xb7b6b5b4b3b2b1b0))
    (call $setLong (local.get $s) (i32.const 56) (i64.const 0xbfbebdbcbbbab9b8))
    (call $dev (local.get $s)) (call $ino (local.get $s)) (call $filetype (local.get $s)) (call $nlink (local.get $s))
    (call $size (local.get $s)) (call $atim (local.get $s)) (call $mtim (local.get $s)) (call $ctim (local.get $s))))

;; run: dev(8) == 0x8786858483828180
;; violation checked: OutOfBounds dev(7)
;; run: ino(16) == 0x8f8e8d8c8b8a8988
;; violation checked: OutOfBounds ino(15)
;; run: filetype(17) == 0x90
;; violation checked: OutOfBounds filetype(16)
;; run: nlink(32) == 0x9f9e9d9c9b9a9998
;; violation checked: OutOfBounds nlink(31)
;; run: size(40) == 0xa7a6a5a4a3a2a1a0
;; violation checked: OutOfBounds size(39)
;; run: atim(48) == 0xafaeadacabaaa9a8
;; violation checked: OutOfBounds atim(47)
;; run: mtim(56) == 0xb7b6b5b4b3b2b1b0
;; violation checked: OutOfBounds mtim(55)
;; run: ctim(64) == 0xbfbebdbcbbbab9b8
;; violation checked: OutOfBounds ctim(63)
;; run: frame() == (0x8786858483828180, 0x8f8e8d8c8b8a8988, 0x90, 0x9f9e9d9c9b9a9998, 0xa7a6a5a4a3a2a1a0, 0xafaeadacabaaa9a8, 0xb7b6b5b4b3b2b1b0, 0xbfbebdbcbbbab9b8)
