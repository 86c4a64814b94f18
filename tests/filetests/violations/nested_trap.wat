;;! --safety temporal --nesting forbid
;;! representations: i32 i64 anyref
;; A region that is opened while another one is open, also with an allocation in between.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
  (func (export "inside") (local $r i32)
    (drop (call $allocate (local.tee $r (call $new)) (i32.const 8)))
    (call $free (local.get $r))))

;; run: inside() == ()
;; run: inside() == ()
;; run: open() == 5
;; violation: Nested open()
;; violation: Nested inside()
;; run: close(5) == ()
;; run: inside() == ()
