;;! representations: i32 i64 anyref
;; Opening a region only reads top. If regions are checked, it also writes a header and counts.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))

  (func $open (export "open") (result i32) (call $new))
  (func (export "twice") (result i32) (i32.eq (call $open) (call $open))))

;; run none: open() == 16
;; run none: twice() == 1
;; run temporal: open() == 1

;; The functions that it calls stay functions.
;;! calls: wrappers
