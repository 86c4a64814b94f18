;;! --safety temporal --nesting outermost
;;! stdin: text
;;! args: one two
;; The allocation of a host call belongs to the region that is its operand, and outlives an inner region.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result anyref)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param anyref i32) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param anyref) (result i32)))
  (import "linmem" "wasi.read_to_end" (func $read (param i32 i32) (result i32 anyref)))
  (import "linmem" "wasi.args" (func $args (param i32) (result i32 anyref)))
  (func (export "read") (result i32) (local $h1 i32) (local $h2 i32) (local $s anyref)
    (local.set $h1 (call $new)) (local.set $h2 (call $new))
    (drop (call $allocate (local.get $h1) (i32.const 8)))
    (call $read (local.get $h1) (i32.const 0)) (local.set $s) (drop)
    (call $free (local.get $h2))
    (call $getByte (local.get $s) (i32.const 0))
    (call $free (local.get $h1)))
  (func (export "arguments") (result i32) (local $h1 i32) (local $h2 i32) (local $s anyref)
    (local.set $h1 (call $new)) (local.set $h2 (call $new))
    (drop (call $allocate (local.get $h1) (i32.const 8)))
    (call $args (local.get $h1)) (local.set $s) (drop)
    (call $free (local.get $h2))
    (i32.ne (call $getByte (local.get $s) (i32.const 0)) (i32.const 0))
    (call $free (local.get $h1))))

;; run: read() == 116
;; run: arguments() == 1
