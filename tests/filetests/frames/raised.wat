;;! --static-frames on --zero allocate
;;! representations: i64
;; The reserve is behind the declared minimum of a memory of the program. Segments are zeroed where they are allocated.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param {seg} i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 65532) "end!")

  (func (export "zeroed") (result i32)
    (local $r i32) (local $s {seg}) (local $t {seg}) (local $found i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 12)))
    (local.set $t (call $allocate (local.get $r) (i32.const 100)))
    (local.set $found (i32.or (call $get (local.get $s) (i32.const 8)) (call $get (local.get $t) (i32.const 96))))
    (call $set (local.get $s) (i32.const 8) (i32.const 1))
    (call $set (local.get $t) (i32.const 96) (i32.const 1))
    (call $free (local.get $r))
    (local.get $found)))

;; run: zeroed() == 0
;; run: zeroed() == 0
