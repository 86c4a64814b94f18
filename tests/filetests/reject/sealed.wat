;;! --sealed true
;; With `--sealed`, the error names every use of `ofAddress`.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result anyref)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result anyref)))
  (func $fine (result anyref) (call $allocate (call $new) (i32.const 8)))
  (func $first (result anyref) (call $ofAddress (i32.const 8) (i32.const 8)))
  (func $second (param $a i32) (result anyref anyref)
    (call $ofAddress (local.get $a) (i32.const 8))
    (call $ofAddress (local.get $a) (i32.const 16))))
