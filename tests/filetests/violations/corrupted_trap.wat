;;! --safety temporal
;;! representations: i32 i64 anyref
;; A header that a store of the program overwrote; linmem's memory starts after the program's.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
  (func (export "allocates") (param i32) (drop (call $allocate (local.get 0) (i32.const 8))))
  (func (export "write") (param $address i32) (param $value i32)
    (i32.store (local.get $address) (local.get $value)))
  (memory (export "memory") 1))

;; run: open() == 1
;; run: allocates(1) == ()
;; run: write(65544, 65) == ()
;; violation: Corrupted close(1)
;; violation: Corrupted allocates(1)
;; run: write(65544, 1) == ()
;; run: allocates(1) == ()
;; run: close(1) == ()
