;; A region that no exit closes, and one that one of the exits does not close.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $never (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 8))))
  (func $early (param $c i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (if (local.get $c) (then (return (i32.const 1))))
    (call $free (local.get $r))
    (i32.const 0))
  (func $turn (param $n i32) (local $r i32)
    (loop $again
      (local.set $r (call $new))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      (call $free (local.get $r)))))
