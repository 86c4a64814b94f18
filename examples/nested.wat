;; Regions nest: a recursive function has one for every call, and closing it leaves what the callers allocated alone.
;; Prints the numbers from 5 to 1 on the way in, and from 1 to 5 on the way out, out of memory that survived.

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
    ;; A digit, and the end of a line above it.
    (call $setShort (local.get $line) (i32.const 0) (i32.add (local.get $n) (i32.const 0x0a30)))
    (drop (call $write_all (i32.const 1) (local.get $line)))
    (call $count (i32.sub (local.get $n) (i32.const 1)))
    (drop (call $write_all (i32.const 1) (local.get $line)))
    (call $free (local.get $region)))

  (func (export "_start") (call $count (i32.const 5))))
