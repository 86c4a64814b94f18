;;! --safety temporal --nesting forbid --on-violation report
;;! representations: i32 i64 anyref
;; The report of a region that is opened while another one is open.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $open (export "open") (result i32)
    (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
  (func $inside (export "inside") (local $r i32)
    (drop (call $allocate (local.tee $r (call $new)) (i32.const 8)))
    (call $free (local.get $r))))

;; run: inside() == ()
;; run: open() == 3
;; report: open() == MemoryAllocator.new: allocator 3 is open, but regions must not nest (at line 9, in $open)
;; report: inside() == MemoryAllocator.new: allocator 3 is open, but regions must not nest (at line 12, in $inside)
;; run: close(3) == ()
;; run: inside() == ()
