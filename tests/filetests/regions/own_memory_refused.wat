;;! representations: i64
;;! pages: 2
;; A module whose memory cannot grow cannot open a region.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (memory (export "memory") 2)
  (func (export "open") (result i32) (call $new)))

;; violation: OutOfMemory open()
