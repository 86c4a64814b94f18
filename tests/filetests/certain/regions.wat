;;! --safety temporal
;; Instructions that always misuse a region link, and reach the violation at run time.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $twice (export "twice") (local $r i32)
    (local.set $r (call $new))
    (call $free (local.get $r))
    (call $free (local.get $r)))
  (func $perhaps (export "perhaps") (param $c i32) (local $r i32)
    (local.set $r (call $new))
    (if (local.get $c) (then (call $free (local.get $r))))
    (call $free (local.get $r)))
  (func $used (export "used") (result i64) (local $r i32)
    (local.set $r (call $new))
    (call $free (local.get $r))
    (call $allocate (local.get $r) (i32.const 4)))
  (func $parameter (export "parameter") (param $r i32)
    (call $free (local.get $r))
    (call $free (local.get $r)))
  (func (export "open") (result i32) (call $new)))

;; violation: AlreadyFreed twice()
;; run: perhaps(0) == ()
;; violation: AlreadyFreed perhaps(1)
;; violation: UseAfterFree used()
;; run: open() == 9
;; violation: AlreadyFreed parameter(9)
