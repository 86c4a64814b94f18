;;! --safety temporal
;;! representations: i64 anyref
;;! shown: i64
;; A region that another function closes with its handle: uses of its segments are detected wherever they were allocated.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg}) (result i32 i32)))
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func $closes (param $r i32) (call $free (local.get $r)))
  (func (export "callback") (param $r i32) (result i32)
    (call $free (local.get $r))
    (i32.const 4))
  (func (export "called") (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $setInt (local.get $s) (local.get $o) (i32.const 5))
    (call $closes (local.get $r))
    (call $getInt (local.get $s) (local.get $o)))
  (func (export "called_constant") (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 5))
    (call $closes (local.get $r))
    (call $getInt (local.get $s) (i32.const 4)))
  (func (export "called_back") (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 5))
    (call $getInt (local.get $s) (call $call_back (local.get $r))))
  (func (export "copied") (result i32) (local $r i32) (local $q i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (local.set $q (local.get $r))
    (call $free (local.get $q))
    (call $getInt (local.get $s) (i32.const 4)))
  (func (export "round") (param $rounds i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (loop $again
      (drop (call $getInt (local.get $s) (i32.const 4)))
      (if (i32.eq (local.get $rounds) (i32.const 2)) (then (call $free (local.get $r))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (call $free (local.get $r))
    (i32.const 1))
  (func (export "written") (result i32 i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $closes (local.get $r))
    (call $fd_write (i32.const 1) (local.get $s))))

;; violation: UseAfterFree called(0)
;; violation: UseAfterFree called(12)
;; violation: OutOfBounds called(13)
;; violation: UseAfterFree called_constant()
;; violation: UseAfterFree called_back()
;; violation: UseAfterFree copied()
;; run: round(1) == 1
;; violation: UseAfterFree round(2)
;; violation: UseAfterFree round(3)
;; violation: UseAfterFree written()
;; output: ""

;; The functions that it calls stay functions.
;;! calls: wrappers
