;;! --safety temporal
;;! representations: i64 anyref
;;! shown: i64
;; Checks run after all operands have been evaluated, bounds before liveness, and before anything is written.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "test" "log" (func $log (param i64)))
  (func $noted (param $value i32) (result i32)
    (call $log (i64.extend_i32_u (local.get $value)))
    (local.get $value))
  (func $dead (result {seg}) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 8)))
    (call $free (local.get $r))
    (local.get $s))
  (func (export "evaluated") (param $o i32)
    (call $setInt (call $dead) (call $noted (local.get $o)) (call $noted (i32.const 20))))
  ;; After a value that traps, no check runs.
  (func (export "trapping") (param $o i32)
    (call $setInt (call $dead) (local.get $o) (i32.div_u (i32.const 1) (i32.const 0))))
  ;; The value frees the segment that it is written to.
  (func $frees (param $r i32) (result i32) (call $free (local.get $r)) (i32.const 1))
  (func (export "freed_by_value") (param $o i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 8)))
    (call $setInt (local.get $s) (local.get $o) (call $frees (local.get $r))))
  (func (export "two") (param $to i32) (param $from i32) (param $bytes i32) (result i32)
    (local $r i32) (local $a {seg}) (local $b {seg})
    (local.set $r (call $new))
    (local.set $a (call $allocate (local.get $r) (i32.const 8)))
    (local.set $b (call $allocate (local.get $r) (i32.const 8)))
    (call $fill (local.get $b) (i32.const 0) (i32.const 8) (i32.const 1))
    (call $copy (local.get $a) (local.get $to) (local.get $b) (local.get $from) (local.get $bytes))
    (call $getByte (local.get $a) (local.get $to))
    (call $free (local.get $r)))
  (func (export "dead_target") (param $to i32) (param $from i32) (local $s {seg})
    (local.set $s (call $dead))
    (call $copy (local.get $s) (local.get $to) (call $dead) (local.get $from) (i32.const 4))))

;; violation: OutOfBounds evaluated(5)
;; log: 5 20
;; violation: UseAfterFree evaluated(4)
;; log: 5 20 4 20
;; trap: trapping(4)
;; trap: trapping(5)
;; violation: UseAfterFree freed_by_value(4)
;; violation: OutOfBounds freed_by_value(5)
;; run: two(0, 0, 8) == 1
;; violation: OutOfBounds two(1, 0, 8)
;; violation: UseAfterFree dead_target(4, 4)
;; violation: OutOfBounds dead_target(5, 5)
;; violation: UseAfterFree dead_target(4, 5)

;; The functions that it calls stay functions.
;;! calls: wrappers
