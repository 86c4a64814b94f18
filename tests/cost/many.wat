;; Many small allocations, linked by their addresses, then walked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))

  (func (export "many") (param $count i32) (result i32)
    (local $region i32) (local $node {seg}) (local $head i32) (local $sum i32)
    (local.set $region (call $new))
    (loop $more
      (local.set $node (call $allocate (local.get $region) (i32.const 24)))
      (call $setInt (local.get $node) (i32.const 0) (local.get $head))
      (call $setInt (local.get $node) (i32.const 4) (local.get $count))
      (local.set $head (call $address (local.get $node)))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (loop $next
      (local.set $sum
        (i32.add
          (local.get $sum)
          (call $getInt (call $ofAddress (local.get $head) (i32.const 24)) (i32.const 4))))
      (br_if $next
        (local.tee $head (call $getInt (call $ofAddress (local.get $head) (i32.const 24)) (i32.const 0)))))
    (call $free (local.get $region))
    (local.get $sum)))
