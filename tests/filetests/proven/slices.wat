;;! representations: i64 anyref
;; Slices at a constant offset, of a constant size, of segments of a constant size: nothing is checked at run time.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (func $constant (export "constant") (result i32) (local $s {seg}) (local $t {seg}) (local $u {seg})
    (local.set $s (call $allocate (call $new) (i32.const 32)))
    (local.set $t (call $slice (local.get $s) (i32.const 8) (i32.const 24)))
    (local.set $u (call $slice (local.get $t) (i32.const 16) (i32.const 8)))
    (call $setInt (local.get $u) (i32.const 4) (i32.const 7))
    (i32.add (call $getInt (local.get $s) (i32.const 28)) (call $size (local.get $u))))
  (func $end (export "end") (result i32) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 32)))
    (call $size (call $slice (call $slice (local.get $s) (i32.const 32) (i32.const 0)) (i32.const 0) (i32.const 0))))
  ;; Only the size of the slice is constant.
  (func $moved (export "moved") (param $o i32) (result i32) (local $s {seg})
    (local.set $s (call $slice (call $allocate (call $new) (i32.const 32)) (local.get $o) (i32.const 8)))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 7))
    (call $getInt (local.get $s) (i32.const 4)))
  ;; The size is not constant.
  (func $shorter (export "shorter") (param $bytes i32) (result i32) (local $s {seg})
    (local.set $s (call $slice (call $allocate (call $new) (i32.const 32)) (i32.const 0) (local.get $bytes)))
    (call $getByte (local.get $s) (i32.const 4))))

;; run: constant() == 15
;; run: end() == 0
;; run: moved(24) == 7
;; violation: OutOfBounds moved(25)
;; run: shorter(5) == 0
;; violation: OutOfBounds shorter(4)
;; violation: OutOfBounds shorter(33)
