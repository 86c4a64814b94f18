;;! representations: anyref
;; Of two segments in a loop, the violation names the one that is used first.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (func $segment (param $bytes i32) (result {seg})
    (if (result {seg}) (i32.eq (local.get $bytes) (i32.const -1))
      (then (ref.null none))
      (else (call $allocate (call $new) (local.get $bytes)))))
  (func $two (param $a {seg}) (param $b {seg}) (param $n i32) (local $i i32)
    (loop $next
      (call $setByte (local.get $a) (local.get $i) (i32.const 1))
      (call $setByte (local.get $b) (local.get $i) (i32.const 2))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func (export "two") (param $a i32) (param $b i32) (param $n i32)
    (call $two (call $segment (local.get $a)) (call $segment (local.get $b)) (local.get $n))))

;; run: two(5, 5, 5) == ()
;; violation: Forged two(-1, 0, 5)
;; violation: Forged two(5, -1, 5)
;; violation: OutOfBounds two(0, -1, 5)
;; violation: OutOfBounds two(5, 0, 5)
