;;! representations: i64 anyref
;; A check counts only if every path contains it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  (func $skipped (param $s {seg}) (param $way i32) (result i32)
    (block $skip
      (br_if $skip (local.get $way))
      (call $setInt (local.get $s) (i32.const 0) (i32.const 5)))
    (call $getInt (local.get $s) (i32.const 0)))
  (func $either (param $s {seg}) (param $way i32) (result i32)
    (if (local.get $way)
      (then (call $setInt (local.get $s) (i32.const 0) (i32.const 5)))
      (else (call $setInt (local.get $s) (i32.const 0) (i32.const 6))))
    (call $getInt (local.get $s) (i32.const 0)))
  (func $table (param $s {seg}) (param $way i32) (result i32)
    (block $c
      (block $b
        (block $a
          (br_table $a $b $c (local.get $way)))
        (call $setInt (local.get $s) (i32.const 0) (i32.const 5)))
      (call $setInt (local.get $s) (i32.const 0) (i32.const 6)))
    (call $getInt (local.get $s) (i32.const 0)))
  ;; In the second iteration, the offset is a different one.
  (func $round (param $s {seg}) (param $o i32) (param $rounds i32) (result i32)
    (loop $again
      (if (i32.eq (local.get $rounds) (i32.const 1))
        (then (return (call $getInt (local.get $s) (local.get $o)))))
      (drop (call $getInt (local.get $s) (local.get $o)))
      (local.set $o (i32.add (local.get $o) (i32.const 3)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const -1))
  ;; In the second iteration, the segment is a different one.
  (func $exchanged (param $s {seg}) (param $t {seg}) (param $rounds i32) (result i32)
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (loop $again
      (drop (call $getInt (local.get $s) (i32.const 0)))
      (local.set $s (local.get $t))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.const 1))
  (func (export "skipped") (param $bytes i32) (param $way i32) (result i32)
    (call $skipped (call $segment (local.get $bytes)) (local.get $way)))
  (func (export "either") (param $bytes i32) (param $way i32) (result i32)
    (call $either (call $segment (local.get $bytes)) (local.get $way)))
  (func (export "table") (param $bytes i32) (param $way i32) (result i32)
    (call $table (call $segment (local.get $bytes)) (local.get $way)))
  (func (export "round") (param $bytes i32) (param $o i32) (param $rounds i32) (result i32)
    (call $round (call $segment (local.get $bytes)) (local.get $o) (local.get $rounds)))
  (func (export "exchanged") (param $s i32) (param $t i32) (param $rounds i32) (result i32)
    (call $exchanged (call $segment (local.get $s)) (call $segment (local.get $t)) (local.get $rounds))))

;; run: skipped(4, 0) == 5
;; violation: OutOfBounds skipped(3, 0)
;; violation: OutOfBounds skipped(3, 1)
;; run: either(4, 1) == 5
;; violation: OutOfBounds either(3, 0)
;; violation: OutOfBounds either(3, 1)
;; run: table(4, 0) == 6
;; violation: OutOfBounds table(3, 0)
;; violation: OutOfBounds table(3, 1)
;; violation: OutOfBounds table(3, 2)
;; run: round(16, 0, 5) == 0
;; violation: OutOfBounds round(15, 0, 5)
;; violation: OutOfBounds round(16, 0, 6)
;; run: exchanged(4, 4, 2) == 1
;; run: exchanged(4, 3, 1) == 1
;; violation: OutOfBounds exchanged(4, 3, 2)
;; violation: OutOfBounds exchanged(3, 4, 1)
;;! shown: i64
