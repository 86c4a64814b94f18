;;! --sealed true
;; With `--sealed`, `ofAddress` cannot be exported.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result anyref)))
  (import "linmem" "MemorySegment.size" (func $size (param anyref) (result i32)))
  (export "make" (func $ofAddress))
  (func (export "size") (param anyref) (result i32) (call $size (local.get 0))))
