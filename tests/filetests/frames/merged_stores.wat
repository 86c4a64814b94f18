;;! --static-frames on
;;! representations: i64
;; Neighbouring stores of constants to a static frame are one store. Both fields of an iovec are a packed segment.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $get (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func (export "iovec") (result i64)
    (local $r i32) (local $text {seg}) (local $iovec {seg})
    (local.set $r (call $new))
    (local.set $text (call $allocate (local.get $r) (i32.const 16)))
    (local.set $iovec (call $allocate (local.get $r) (i32.const 8)))
    (call $set (local.get $iovec) (i32.const 4) (i32.const 16))
    (call $set (local.get $iovec) (i32.const 0) (call $address (local.get $text)))
    (i64.sub (call $get (local.get $iovec) (i32.const 0)) (i64.extend_i32_u (call $address (local.get $text))))
    (call $free (local.get $r)))

  ;; A store to the same byte is another run.
  (func (export "bytes") (result i64)
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (call $setByte (local.get $s) (i32.const 1) (i32.const 2))
    (call $setByte (local.get $s) (i32.const 0) (i32.const -1))
    (call $set (local.get $s) (i32.const 4) (i32.const 4))
    (call $setByte (local.get $s) (i32.const 0) (i32.const 1))
    (call $setByte (local.get $s) (i32.const 2) (i32.const 3))
    (call $setByte (local.get $s) (i32.const 3) (i32.const 0))
    (call $get (local.get $s) (i32.const 0))
    (call $free (local.get $r))))

;; run: iovec() == 68719476736
;; run: bytes() == 17180066305
