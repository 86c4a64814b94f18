;;! --safety temporal --nesting outermost
;;! representations: anyref
;; A segment that is a reference is freed with its own region, although the memory is kept until the last one is closed.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func (export "own_closed") (param $o i32) (result i32) (local $a i32) (local $b i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $a (call $new)) (i32.const 16)))
    (local.set $b (call $new))
    (call $free (local.get $a))
    (call $getInt (local.get $s) (local.get $o)))
  (func (export "other_closed") (param $o i32) (result i32)
    (local $a i32) (local $b i32) (local $s {seg}) (local $t {seg})
    (local.set $a (call $new))
    (local.set $s (call $allocate (local.tee $b (call $new)) (i32.const 16)))
    ;; The outer region still allocates.
    (local.set $t (call $allocate (local.get $a) (i32.const 16)))
    (call $setInt (local.get $t) (local.get $o) (i32.const 3))
    (call $free (local.get $a))
    (call $setInt (local.get $s) (local.get $o) (i32.const 4))
    (call $getInt (local.get $s) (local.get $o))
    (call $free (local.get $b)))
  (func (export "outer_allocated") (param $o i32) (result i32) (local $a i32) (local $b i32) (local $t {seg})
    (local.set $a (call $new))
    (local.set $b (call $new))
    (local.set $t (call $allocate (local.get $a) (i32.const 16)))
    (call $free (local.get $b))
    (call $setInt (local.get $t) (local.get $o) (i32.const 5))
    (call $getInt (local.get $t) (local.get $o))
    (call $free (local.get $a)))
  (func (export "outer_closed") (param $o i32) (result i32) (local $a i32) (local $b i32) (local $t {seg})
    (local.set $a (call $new))
    (local.set $b (call $new))
    (local.set $t (call $allocate (local.get $a) (i32.const 16)))
    (call $free (local.get $a))
    (call $getInt (local.get $t) (local.get $o))))

;; run: other_closed(12) == 4
;; run: outer_allocated(12) == 5
;; violation: UseAfterFree own_closed(0)
;; violation: UseAfterFree own_closed(12)
;; violation: UseAfterFree outer_closed(0)
;; run: other_closed(12) == 4
