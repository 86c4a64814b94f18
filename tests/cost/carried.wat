;; Reads bytes through a segment that a loop advances, and adds to one of two counters, chosen by an `if` whose result is a
;; segment. No segment leaves the function.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))

  (func (export "carried") (param $count i32) (result i32)
    (local $region i32) (local $rest {seg}) (local $odd {seg}) (local $even {seg}) (local $chosen {seg})
    (local.set $region (call $new))
    (local.set $odd (call $allocate (local.get $region) (i32.const 4)))
    (local.set $even (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $odd) (i32.const 0) (i32.const 0))
    (call $setInt (local.get $even) (i32.const 0) (i32.const 0))
    (local.set $rest (call $allocate (local.get $region) (local.get $count)))
    (call $fill (local.get $rest) (i32.const 0) (local.get $count) (i32.const 3))
    (loop $more
      (local.set $chosen
        (if (result {seg}) (i32.and (local.get $count) (i32.const 1))
          (then (local.get $odd))
          (else (local.get $even))))
      (call $setInt (local.get $chosen) (i32.const 0)
        (i32.add
          (call $getInt (local.get $chosen) (i32.const 0))
          (call $getByte (local.get $rest) (i32.const 0))))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (local.set $rest (call $slice (local.get $rest) (i32.const 1) (local.get $count)))
      (br_if $more (local.get $count)))
    (i32.sub (i32.mul (call $getInt (local.get $odd) (i32.const 0)) (i32.const 3))
      (call $getInt (local.get $even) (i32.const 0)))
    (call $free (local.get $region))))
