;;! --safety temporal --nesting outermost
;; A segment is freed with the region that it was allocated from, also if that is not the innermost one.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result anyref)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param anyref i32) (result i32)))
  (func (export "freed") (param $n i32) (result i32) (local $h1 i32) (local $h2 i32) (local $s anyref)
    (local.set $h1 (call $new)) (local.set $h2 (call $new))
    (drop (call $allocate (local.get $h1) (local.get $n)))
    (local.set $s (call $allocate (local.get $h1) (local.get $n)))
    (call $free (local.get $h1))
    (call $getInt (local.get $s) (i32.const 0))
    (call $free (local.get $h2))))

;; violation: UseAfterFree freed(16)
