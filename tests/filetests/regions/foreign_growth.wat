;;! representations: i32 i64 anyref
;; Other code grows the memory while a region is open: linmem continues in a new chunk, and returns to the old one.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "test" "grow" (func $grow (param i32) (result i32)))
  (import "test" "log" (func $log (param i64)))

  (func $note (param $region i32) (param $bytes i32)
    (call $log (i64.extend_i32_u (call $address (call $allocate (local.get $region) (local.get $bytes))))))

  (func (export "run")
    (local $outer i32) (local $inner i32)
    (local.set $outer (call $new))
    (call $note (local.get $outer) (i32.const 65000))
    (drop (call $grow (i32.const 3)))
    (local.set $inner (call $new))
    (call $note (local.get $inner) (i32.const 1000))
    (call $note (local.get $inner) (i32.const 16))
    (call $free (local.get $inner))
    (call $note (local.get $outer) (i32.const 16))
    (call $free (local.get $outer)))

  (func (export "large") (param $bytes i32)
    (local $region i32)
    (local.set $region (call $new))
    (call $note (local.get $region) (local.get $bytes))
    (call $free (local.get $region))))

;; run: run() == ()
;; run: run() == ()
;; run: large(70000) == ()
;; run: run() == ()
;; log: 16 262152 263152 65016 16 262152 263152 65016 524296 16 262152 263152 65016
