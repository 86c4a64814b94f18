;; Writes and reads a segment that is a parameter, byte by byte.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))

  (func $use (param $s {seg}) (param $count i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $write
      (call $setByte (local.get $s) (local.get $i) (local.get $i))
      (br_if $write
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.set $i (i32.const 0))
    (loop $read
      (local.set $sum (i32.add (local.get $sum) (call $getUByte (local.get $s) (local.get $i))))
      (br_if $read
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $sum))

  (func (export "param") (param $count i32) (result i32)
    (local $region i32) (local $sum i32)
    (local.set $region (call $new))
    (local.set $sum (call $use (call $allocate (local.get $region) (i32.const 65536)) (local.get $count)))
    (call $free (local.get $region))
    (local.get $sum)))
