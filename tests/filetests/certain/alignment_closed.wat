;;! --safety temporal
;; The handle is checked before the alignment, as it is if neither is a constant.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result i64)))
  (func (export "closed") (param $r i32) (result i64)
    (call $allocate (local.get $r) (i32.const 8) (i32.const 24)))
  (func (export "open") (result i64)
    (call $allocate (call $new) (i32.const 8) (i32.const 24))))

;; violation: UseAfterFree closed(5)
;; violation: BadAlignment open()
