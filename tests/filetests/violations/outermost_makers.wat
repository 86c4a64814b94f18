;;! --safety temporal --nesting outermost
;;! representations: i64 anyref eqref
;;! shown: i64
;; Segments belong to the region that they are allocated from, not to the innermost one, however often it is checked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "test" "log" (func $log (param i64)))
  ;; The second segment, after one of the regions was closed.
  (func $second (param $n i32) (param $outer i32) (result i32) (local $h1 i32) (local $h2 i32) (local $s {seg})
    (local.set $h1 (call $new)) (local.set $h2 (call $new))
    (drop (call $allocate (local.get $h1) (local.get $n)))
    (local.set $s (call $allocate (local.get $h1) (local.get $n)))
    (call $free (if (result i32) (local.get $outer) (then (local.get $h1)) (else (local.get $h2))))
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (call $free (if (result i32) (local.get $outer) (then (local.get $h2)) (else (local.get $h1))))
    (i32.const 1))
  (func (export "second") (result i32) (call $second (i32.const 16) (i32.const 0)))
  (func (export "freed") (result i32) (call $second (i32.const 16) (i32.const 1)))
  ;; With a handle that is a parameter.
  (func $twice (param $h i32) (param $n i32) (result {seg})
    (drop (call $allocate (local.get $h) (local.get $n)))
    (call $allocate (local.get $h) (local.get $n)))
  (func (export "parameter") (result i32) (local $h1 i32) (local $h2 i32) (local $s {seg})
    (local.set $h1 (call $new)) (local.set $h2 (call $new))
    (local.set $s (call $twice (local.get $h1) (i32.const 16)))
    (call $free (local.get $h2))
    (call $log (i64.const 1))
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (call $free (local.get $h1))
    (i32.const 2))
  ;; With an alignment that is not a constant.
  (func (export "aligned") (result i32) (local $h1 i32) (local $h2 i32) (local $s {seg}) (local $a i32)
    (local.set $h1 (call $new)) (local.set $h2 (call $new)) (local.set $a (i32.const 32))
    (drop (call $aligned (local.get $h1) (i32.const 16) (local.get $a)))
    (local.set $s (call $aligned (local.get $h1) (i32.const 16) (local.get $a)))
    (call $free (local.get $h2))
    (call $log (i64.const 1))
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (call $free (local.get $h1))
    (i32.const 3))
  ;; In a frame, which a loop cannot join.
  (func (export "frame") (param $turns i32) (result i32) (local $h1 i32) (local $h2 i32) (local $s {seg})
    (local.set $h1 (call $new)) (local.set $h2 (call $new))
    (loop $again
      (drop (call $allocate (local.get $h1) (local.get $turns)))
      (local.set $s (call $allocate (local.get $h1) (i32.const 16)))
      (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
      (br_if $again (local.get $turns)))
    (call $free (local.get $h2))
    (call $log (i64.const 1))
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (call $free (local.get $h1))
    (i32.const 4)))

;; run: second() == 1
;; run: parameter() == 2
;; run: aligned() == 3
;; run: frame(3) == 4
