;;! representations: i32 i64 anyref
;;! directories: files
;; The target of `link`: hello.txt. A shorter buffer is filled, and nothing is written after it.
;; A file that is not a link has no target (INVAL, 28).

(module
  (import "wasi_snapshot_preview1" "path_readlink" (func $raw (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "linmem" "wasi.path_readlink" (func $lifted (param i32 {seg} {bytes} {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.path_readlink" (func $folded (param i32 {seg} {bytes} {seg} {bytes}) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))

  ;; The text "link".
  (func $link (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x6b6e696c))
    (local.get $s))
  ;; The text "./hello.txt".
  (func $file (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 11)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0x2e6f6c6c65682f2e))
    (call $setInt (local.get $s) (i32.const 7) (i32.const 0x7478742e))
    (local.get $s))
  (func $buffer (param $r i32) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (local.get $r) (i32.const 16)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 16) (i32.const 0x2a))
    (local.get $s))

  (func (export "raw") (param $fd i32) (result i32 i32 i64 i64) (local $r i32) (local $s {seg}) (local $count {seg})
    (local.set $s (call $buffer (local.tee $r (call $new))))
    (local.set $count (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $count) (i32.const 0) (i32.const 0))
    (call $raw (local.get $fd) (call $address (call $link (local.get $r))) (i32.const 4)
      (call $address (local.get $s)) (i32.const 16) (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0))
    (call $getLong (local.get $s) (i32.const 0)) (call $getLong (local.get $s) (i32.const 8)))
  (func (export "lifted") (param $fd i32) (result i32 i32 i64 i64) (local $r i32) (local $s {seg})
    (local.set $s (call $buffer (local.tee $r (call $new))))
    (call $lifted (local.get $fd) (call $link (local.get $r)) {size:4} (local.get $s) {size:16})
    (call $getLong (local.get $s) (i32.const 0)) (call $getLong (local.get $s) (i32.const 8)))
  (func (export "folded") (param $fd i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $folded (local.get $fd) (call $link (local.get $r)) {size:4} (call $buffer (local.get $r)) {size:16}))
  (func (export "raw_short") (result i32 i32 i64) (local $r i32) (local $s {seg}) (local $count {seg})
    (local.set $s (call $buffer (local.tee $r (call $new))))
    (local.set $count (call $allocate (local.get $r) (i32.const 4)))
    (call $raw (i32.const 3) (call $address (call $link (local.get $r))) (i32.const 4)
      (call $address (local.get $s)) (i32.const 5) (call $address (local.get $count)))
    (call $getInt (local.get $count) (i32.const 0)) (call $getLong (local.get $s) (i32.const 0)))
  (func (export "lifted_short") (result i32 i32 i64) (local $r i32) (local $s {seg})
    (local.set $s (call $buffer (local.tee $r (call $new))))
    (call $lifted (i32.const 3) (call $link (local.get $r)) {size:4}
      (call $slice (local.get $s) (i32.const 0) (i32.const 5)) {size:5})
    (call $getLong (local.get $s) (i32.const 0)))
  (func (export "raw_file") (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $raw (i32.const 3) (call $address (call $file (local.get $r))) (i32.const 11)
      (call $address (call $buffer (local.get $r))) (i32.const 16)
      (call $address (call $allocate (local.get $r) (i32.const 4)))))
  (func (export "folded_file") (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $folded (i32.const 3) (call $file (local.get $r)) {size:11} (call $buffer (local.get $r)) {size:16})))

;; `hello.tx`, `t*******`, `hello***`
;; run: raw(3) == (0, 9, 0x78742e6f6c6c6568, 0x2a2a2a2a2a2a2a74)
;; run: lifted(3) == (0, 9, 0x78742e6f6c6c6568, 0x2a2a2a2a2a2a2a74)
;; run: folded(3) == 9
;; run: raw(99) == (8, 0, 0x2a2a2a2a2a2a2a2a, 0x2a2a2a2a2a2a2a2a)
;; run: lifted(99) == (8, 0, 0x2a2a2a2a2a2a2a2a, 0x2a2a2a2a2a2a2a2a)
;; run: folded(99) == -8
;; run: raw_short() == (0, 5, 0x2a2a2a6f6c6c6568)
;; run: lifted_short() == (0, 5, 0x2a2a2a6f6c6c6568)
;; run: raw_file() == 28
;; run: folded_file() == -28
