;;! representations: i64 anyref
;; Loops that resemble counted ones: with blocks, with code after their end, with a path around an access.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  ;; Iterations that skip the access.
  (func $around (param $s {seg}) (param $n i32) (param $from i32) (result i32) (local $i i32)
    (loop $next
      (block $skip
        (br_if $skip (i32.lt_u (local.get $i) (local.get $from)))
        (drop (call $getUByte (local.get $s) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i))
  ;; The backward branch is in a block.
  (func $block (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (block
        (drop (call $getUByte (local.get $s) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $n)))))
    (local.get $i))
  ;; An access after the backward branch.
  (func $behind (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (i32.const 0)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n)))
      (drop (call $getUByte (local.get $s) (local.get $i))))
    (local.get $i))
  ;; Unreachable code.
  (func $dead (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (drop (call $getUByte (local.get $s) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)
        (drop (call $getUByte (local.get $s) (i32.const 1000)))
        (local.set $i (i32.const 0))))
    (local.get $i))
  ;; The check in a loop that has no iteration establishes nothing.
  (func $after (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (drop (call $getInt (local.get $s) (i32.const 0)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (call $getInt (local.get $s) (i32.const 0)))
  ;; The left operand of the comparison is read before the index is incremented.
  (func $between (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.get $i)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $n))))
    (local.get $i))
  ;; The bound changes with the index.
  (func $both (param $s {seg}) (param $i i32) (param $n i32) (result i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $i))
  ;; The loop continues while the comparison is false.
  (func $until (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (loop $next
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.gt_u (local.get $i) (local.get $n))))
    (local.get $i))
  (func (export "around") (param $bytes i32) (param $n i32) (param $from i32) (result i32)
    (call $around (call $segment (local.get $bytes)) (local.get $n) (local.get $from)))
  (func (export "block") (param $bytes i32) (param $n i32) (result i32)
    (call $block (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "behind") (param $bytes i32) (param $n i32) (result i32)
    (call $behind (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "dead") (param $bytes i32) (param $n i32) (result i32)
    (call $dead (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "after") (param $bytes i32) (param $n i32) (result i32)
    (call $after (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "between") (param $bytes i32) (param $n i32) (result i32)
    (call $between (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "both") (param $bytes i32) (param $i i32) (param $n i32) (result i32)
    (call $both (call $segment (local.get $bytes)) (local.get $i) (local.get $n)))
  (func (export "until") (param $bytes i32) (param $n i32) (result i32)
    (call $until (call $segment (local.get $bytes)) (local.get $n))))

;; run: around(0, 10, 10) == 10
;; run: around(10, 10, 0) == 10
;; violation: OutOfBounds around(9, 10, 9)
;; run: block(10, 10) == 10
;; violation: OutOfBounds block(9, 10)
;; run: behind(11, 10) == 10
;; violation: OutOfBounds behind(10, 10)
;; violation: OutOfBounds behind(0, 0)
;; run: dead(10, 10) == 10
;; violation: OutOfBounds dead(9, 10)
;; run: after(4, 0) == 0
;; violation: OutOfBounds after(3, 0)
;; violation: OutOfBounds after(3, 1)
;; run: between(11, 10) == 11
;; violation: OutOfBounds between(10, 10)
;; run: both(11, 0, 6) == 12
;; violation: OutOfBounds both(10, 0, 6)
;; run: until(1, 10) == 1
;; violation: OutOfBounds until(10, 0)
;; violation: OutOfBounds until(0, 10)
;;! shown: i64
