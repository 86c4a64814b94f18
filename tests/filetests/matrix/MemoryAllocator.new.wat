;;! representations: i32 i64
;; Opening a region reads top, and nothing else.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))

  (func (export "open") (result i32) (call $new))
  (func (export "twice") (result i32) (i32.eq (call $new) (call $new))))

;; run: open() == 16
;; run: twice() == 1
