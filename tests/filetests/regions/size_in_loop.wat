;;! representations: i32 i64
;; The size of an allocation in a loop is rounded where the function begins if it is a parameter that is never assigned. The
;; segments of the first loop are not read.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))

  (func (export "distance") (param $count i32) (param $bytes i32) (result i32)
    (local $r i32) (local $first i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $first (call $address (call $allocate (local.get $r) (i32.const 70000))))
    (loop $more
      (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (loop $assigned
      (local.set $s (call $allocate (local.get $r) (local.get $count)))
      (br_if $assigned (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 3))) (i32.const 9))))
    (local.set $first (i32.sub (call $address (local.get $s)) (local.get $first)))
    (call $free (local.get $r))
    (local.get $first)))

;; run: distance(2, 13) == 70040
;; run: distance(3, 0) == 70008
;; run: distance(2, 65528) == 201064
;; violation: OutOfMemory distance(1, -1)
;; violation: OutOfMemory distance(2, -8)
;; run: distance(1, 1) == 70016
;;! shown: i64
