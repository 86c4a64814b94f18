;;! --sealed true
;; With `--sealed`, a reference to `ofAddress` cannot be taken.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result anyref)))
  (elem declare func $ofAddress)
  (func $taken (result funcref) (ref.func $ofAddress)))
