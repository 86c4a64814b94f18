;;! --safety temporal
;;! representations: anyref
;; Both references of a copy are checked before any bound, and both after every operand has been evaluated.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "test" "log" (func $log (param i64)))
  (func $noted (param $value i32) (result i32)
    (call $log (i64.extend_i32_u (local.get $value)))
    (local.get $value))
  (func $dead (result {seg}) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 8)))
    (call $free (local.get $r))
    (local.get $s))
  (func (export "to") (param $o i32) (param $bytes i32)
    (call $copy
      (ref.null none) (call $noted (i32.const 1)) (call $dead) (local.get $o) (call $noted (local.get $bytes))))
  (func (export "from") (param $o i32) (param $bytes i32)
    (call $copy (call $dead) (local.get $o) (ref.i31 (i32.const 0)) (i32.const 0) (local.get $bytes)))
  (func (export "neither") (param $o i32) (param $bytes i32)
    (call $copy (call $dead) (local.get $o) (call $dead) (i32.const 0) (local.get $bytes)))
  (func (export "fill") (param $o i32) (param $bytes i32)
    (call $fill (ref.null none) (local.get $o) (local.get $bytes) (i32.const 1)))
  ;; The value traps before anything is checked.
  (func (export "value")
    (call $setByte (ref.null none) (i32.const 0) (i32.div_u (i32.const 1) (i32.const 0)))))

;; violation: Forged to(9, 3)
;; log: 1 3
;; violation: Forged from(9, 0)
;; violation: Forged from(0, 0)
;; violation: OutOfBounds neither(9, 0)
;; violation: UseAfterFree neither(8, 0)
;; violation: Forged fill(0, 0)
;; violation: Forged fill(0xffffffff, 1)
;; trap: value()
