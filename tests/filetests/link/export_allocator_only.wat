;;! --export-allocator true
;;! --zero allocate
;;! --on-violation report
;; A program that imports nothing from linmem gets an allocator above its own data: segments are addresses. Its memory is
;; exported, since the host accesses it.
;;! --base 1024
(module
  (memory 1)
  (func (export "load") (param $address i32) (result i32) (i32.load (local.get $address)))
  (func (export "store") (param $address i32) (i32.store (local.get $address) (i32.const -1))))

;; run: linmem_open() == 1032
;; run: linmem_allocate(1032, 4, 1) == 1032
;; run: store(1032) == ()
;; run: linmem_allocate(1032, 4, 64) == 1088
;; run: linmem_close(1032) == ()
;; run: linmem_open() == 1032
;; run: linmem_allocate(1032, 4, 1) == 1032
;; run: load(1032) == 0
