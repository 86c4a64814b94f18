;;! --max-pages 3
;; The memory has a maximum: if doubling exceeds it, growth by what is missing may succeed.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func (export "allocate") (param $bytes i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $allocate (local.get $r) (local.get $bytes))
    (call $free (local.get $r))))

;; run: allocate(60000) == 16
;; run: allocate(100000) == 16
;; violation: OutOfMemory allocate(200000)
;; run: allocate(196592) == 16
;; violation: OutOfMemory allocate(196593)
