;;! representations: i64 anyref
;; A loop that may exit before an access is reached: nothing is checked before the loop.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "test" "pass" (func $pass (param i32) (result i32)))
  (func $segment (param $bytes i32) (result {seg}) (call $allocate (call $new) (local.get $bytes)))
  ;; Runs until a byte is zero.
  (func $length (param $s {seg}) (param $n i32) (result i32) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (call $getUByte (local.get $s) (local.get $i))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (local.get $i))
  (func $until (param $s {seg}) (param $last i32) (result i32) (local $i i32)
    (block $done
      (loop $next
        (if (i32.eq (local.get $i) (local.get $last)) (then (br $done)))
        (drop (call $getUByte (local.get $s) (local.get $i)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))))
    (local.get $i))
  (func $returned (param $s {seg}) (param $last i32) (result i32) (local $i i32)
    (loop $next
      (if (i32.eq (local.get $i) (local.get $last)) (then (return (local.get $i))))
      (drop (call $getUByte (local.get $s) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (i32.const -1))
  ;; An access that some iterations do not reach.
  (func $perhaps (param $s {seg}) (param $from i32) (result i32) (local $i i32)
    (loop $next
      (if (i32.ge_u (local.get $i) (local.get $from)) (then (drop (call $getUByte (local.get $s) (local.get $i)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (local.get $i))
  (func (export "length") (param $bytes i32) (param $n i32) (result i32)
    (call $length (call $segment (local.get $bytes)) (local.get $n)))
  (func (export "until") (param $bytes i32) (param $last i32) (result i32)
    (call $until (call $segment (local.get $bytes)) (local.get $last)))
  (func (export "returned") (param $bytes i32) (param $last i32) (result i32)
    (call $returned (call $segment (local.get $bytes)) (local.get $last)))
  (func (export "perhaps") (param $bytes i32) (param $from i32) (result i32)
    (call $perhaps (call $segment (local.get $bytes)) (local.get $from))))

;; run: length(1, 100) == 0
;; violation: OutOfBounds length(0, 100)
;; run: until(10, 10) == 10
;; violation: OutOfBounds until(10, 11)
;; violation: OutOfBounds until(10, 100)
;; run: returned(10, 10) == 10
;; violation: OutOfBounds returned(10, 11)
;; run: perhaps(0, 100) == 100
;; run: perhaps(100, 0) == 100
;; violation: OutOfBounds perhaps(99, 99)
;; violation: OutOfBounds perhaps(10, 0)

;;! shown: i64
