;;! --sealed true
;; Nor may a reference to it be taken.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result anyref)))
  (elem declare func $ofAddress)
  (func $taken (result funcref) (ref.func $ofAddress)))
