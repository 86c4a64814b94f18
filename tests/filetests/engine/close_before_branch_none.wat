;;! --safety none
;; An arm closes the region of a frame, opens another one with the same local, and branches to the end of an enclosing structure.
;; The allocation there does not join the frame: the allocation after it would overlap with it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (func (export "reopened") (param $c i32) (param $bytes i32) (result i32)
    (local $r i32) (local $s i64) (local $distance i32)
    (local.set $r (call $new))
    (drop (call $address (call $allocate (local.get $r) (i32.const 8))))
    (block $out
      (if (local.get $c)
        (then
          (call $free (local.get $r))
          (local.set $r (call $new))
          (br $out)))
      (drop (call $address (call $allocate (local.get $r) (i32.const 16)))))
    (local.set $s (call $allocate (local.get $r) (i32.const 24)))
    (local.set $distance
      (i32.sub (call $address (call $allocate (local.get $r) (local.get $bytes))) (call $address (local.get $s))))
    (call $free (local.get $r))
    (local.get $distance)))

;; run: reopened(1, 8) == 24
;; run: reopened(0, 8) == 24
