;; Regions nest: a recursive function opens one in each call, and closing it does not free what its callers allocated.
;; Prints the numbers from 5 to 1 before the recursive call, and from 1 to 5 after it, from memory that is still live.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param i64 i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))

  (func $count (param $n i32)
    (local $region i32) (local $line i64)
    (if (i32.eqz (local.get $n)) (then (return)))
    (local.set $region (call $new))
    (local.set $line (call $allocate (local.get $region) (i32.const 2)))
    ;; A digit, followed by a line feed in the next byte.
    (call $setShort (local.get $line) (i32.const 0) (i32.add (local.get $n) (i32.const 0x0a30)))
    (drop (call $write_all (i32.const 1) (local.get $line)))
    (call $count (i32.sub (local.get $n) (i32.const 1)))
    (drop (call $write_all (i32.const 1) (local.get $line)))
    (call $free (local.get $region)))

  (func (export "_start") (call $count (i32.const 5))))
