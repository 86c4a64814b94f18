;;! --safety temporal
;; By addresses: memory is free from top on, in the current chunk and in all chunks after it.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "test" "grow" (func $grow (param i32) (result i32)))
  (global $r (mut i32) (i32.const 0))
  (func (export "open") (param $bytes i32)
    (global.set $r (call $new))
    (drop (call $allocate (global.get $r) (local.get $bytes))))
  (func (export "again") (param $bytes i32) (drop (call $allocate (global.get $r) (local.get $bytes))))
  (func (export "close") (call $free (global.get $r)))
  (func (export "grow") (param $pages i32) (result i32) (call $grow (local.get $pages)))
  (func (export "byte") (param $address i32) (result i32)
    (call $getByte (call $ofAddress (local.get $address) (i32.const 1)) (i32.const 0)))
  (func (export "fill") (param $address i32) (param $bytes i32)
    (call $fill
      (call $ofAddress (local.get $address) (local.get $bytes)) (i32.const 0) (local.get $bytes) (i32.const 0))))

;; run: open(60000) == ()
;; run: byte(60023) == 0
;; violation: UseAfterFree byte(60024)
;; violation: UseAfterFree byte(65535)
;; run: grow(1) == 1
;; run: byte(65536) == 0
;; run: byte(131071) == 0
;; violation: UseAfterFree fill(65535, 2)
;; run: fill(65536, 65536) == ()
;; run: again(10000) == ()
;; run: byte(60024) == 0
;; run: byte(65536) == 0
;; run: byte(131071) == 0
;; run: byte(141079) == 0
;; violation: UseAfterFree byte(141080)
;; violation: UseAfterFree byte(196607)
;; violation: UseAfterFree fill(131072, 65536)
;; trap: byte(196608)
;; run: close() == ()
;; violation: UseAfterFree byte(16)
;; violation: UseAfterFree byte(65535)
;; run: byte(65536) == 0
;; run: byte(131071) == 0
;; violation: UseAfterFree byte(131072)
;; violation: UseAfterFree byte(141000)
;; violation: UseAfterFree fill(131071, 2)
;; violation: UseAfterFree fill(0, 196608)
;; violation: UseAfterFree fill(0, 0xffffffff)
;; run: byte(15) == 0
;; trap: byte(0xffffffff)
;; trap: fill(196608, 0xfffd0000)
