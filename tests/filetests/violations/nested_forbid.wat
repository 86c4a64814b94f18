;;! --safety temporal --nesting forbid --on-violation report
;; A region that is opened while another one is open.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $open (export "open") (result i32)
    (call $new))
  (func (export "close") (param i32) (call $free (local.get 0))))

;; run: open() == 1
;; report: open() == MemoryAllocator.new: allocator 1 is open, but regions must not nest (at line 7, in $open)
;; run: close(1) == ()
;; run: open() == 3
