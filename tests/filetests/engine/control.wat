;;! --static-frames off
;;! representations: i32 i64
;; A fact about a local holds only if every path passes through the instruction that establishes it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  ;; A local that holds a different segment in each arm.
  (func (export "arms") (param $which i32) (result i32)
    (local $region i32) (local $a {seg}) (local $b {seg}) (local $s {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (local.set $b (call $allocate (local.get $region) (i32.const 8)))
    (call $setInt (local.get $a) (i32.const 0) (i32.const 1))
    (call $setInt (local.get $b) (i32.const 0) (i32.const 2))
    (if (local.get $which)
      (then (local.set $s (local.get $a)))
      (else (local.set $s (local.get $b))))
    (call $getInt (local.get $s) (i32.const 0)))

  ;; A local that keeps the segment of the previous iteration.
  (func (export "rounds") (param $rounds i32) (result i32)
    (local $region i32) (local $s {seg}) (local $before {seg}) (local $sum i32)
    (local.set $region (call $new))
    (local.set $before (call $allocate (local.get $region) (i32.const 8)))
    (call $setInt (local.get $before) (i32.const 0) (i32.const 0))
    (loop $next
      (local.set $s (call $allocate (local.get $region) (i32.const 8)))
      (call $setInt (local.get $s) (i32.const 0) (local.get $rounds))
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $before) (i32.const 0))))
      (local.set $before (local.get $s))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; A local that is read before it is assigned, in a loop.
  (func (export "late") (param $rounds i32) (result i32)
    (local $region i32) (local $s {seg}) (local $sum i32)
    (local.set $region (call $new))
    (drop (call $allocate (local.get $region) (i32.const 8)))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $address (local.get $s))))
      (local.set $s (call $allocate (local.get $region) (i32.const 8)))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; An allocation that is sometimes skipped, in a loop: each one that runs has its own memory.
  (func (export "skipped") (param $rounds i32) (result i32)
    (local $region i32) (local $s {seg}) (local $sum i32)
    (local.set $region (call $new))
    (drop (call $allocate (local.get $region) (i32.const 8)))
    (loop $next
      (if (i32.and (local.get $rounds) (i32.const 1))
        (then
          (local.set $s (call $allocate (local.get $region) (i32.const 8)))
          (local.set $sum (i32.add (local.get $sum) (call $address (local.get $s))))))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; A region that is closed in an arm that returns.
  (func (export "early") (param $leave i32) (result i32)
    (local $region i32) (local $a {seg}) (local $b {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (if (local.get $leave)
      (then (call $free (local.get $region)) (return (i32.const -1))))
    (local.set $b (call $allocate (local.get $region) (i32.const 8)))
    (call $setInt (local.get $b) (i32.const 4) (i32.const 9))
    (call $free (local.get $region))
    (call $getInt (local.get $b) (i32.const 4)))

  ;; Operands on the stack below the operand of a branch.
  (func (export "branch") (param $leave i32) (result i32)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 8)))
    (block $out (result i32)
      (call $setInt
        (local.get $s) (i32.const 4)
        (br_if $out (i32.const 7) (local.get $leave)))
      (i32.const 8)))

  ;; Intrinsics in unreachable code.
  (func (export "unreachable") (param $x i32) (result i32)
    (block $out (result i32)
      (br $out (i32.const 3))
      (drop (call $getInt (call $allocate (call $new) (i32.const 8)) (i32.const 0)))
      (loop (call $free (call $new)))
      (call $getInt)
      (if (result i32) (then (call $new)) (else (i32.const 1)))))

  ;; A local whose handle was replaced by another one.
  (func (export "reassigned") (result i32)
    (local $region i32) (local $a {seg}) (local $b {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (call $free (local.get $region))
    (local.set $region (call $new))
    (local.set $b (call $allocate (local.get $region) (i32.const 8)))
    (i32.sub (call $address (local.get $b)) (call $address (local.get $a)))))

;; run: arms(1) == 1
;; run: arms(0) == 2
;; run: rounds(4) == 9
;; run: late(1) == 0
;; run: skipped(1) == 112
;; run: early(1) == -1
;; run: early(0) == 9
;; run: branch(1) == 7
;; run: branch(0) == 8
;; run: unreachable(0) == 3
;; run: reassigned() == 0
