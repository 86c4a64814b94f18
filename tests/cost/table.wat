;; Reads a table that is a parameter at offsets that no loop bounds: every read has its own check.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))

  (func $use (param $s {seg}) (param $count i32) (result i32)
    (local $at i32) (local $sum i32)
    (loop $more
      (local.set $at (i32.add (i32.mul (local.get $at) (i32.const 1103515245)) (i32.const 12345)))
      (local.set $sum
        (i32.add
          (local.get $sum)
          (call $getInt (local.get $s) (i32.and (i32.shr_u (local.get $at) (i32.const 16)) (i32.const 1020)))))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))

  (func (export "table") (param $count i32) (result i32)
    (local $region i32) (local $s {seg}) (local $sum i32)
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 1024)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 1024) (i32.const 1))
    (local.set $sum (call $use (local.get $s) (local.get $count)))
    (call $free (local.get $region))
    (local.get $sum)))
