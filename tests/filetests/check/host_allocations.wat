;; Host calls that allocate count as allocations: left open, twice; used after the close; not from the innermost region.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "wasi.args" (func $args (param i32) (result i32 i64)))
  (func (export "left_open") (call $args (call $new)) (drop) (drop))
  (func (export "left_open2") (local $r i32) (local.set $r (call $new)) (call $args (local.get $r)) (drop) (drop))
  (func (export "used_closed") (local $r i32)
    (local.set $r (call $new)) (call $free (local.get $r)) (call $args (local.get $r)) (drop) (drop))
  (func (export "not_innermost") (local $r i32) (local $q i32)
    (local.set $r (call $new)) (local.set $q (call $new)) (call $args (local.get $r)) (drop) (drop) (call $free (local.get $q)) (call $free (local.get $r))))
