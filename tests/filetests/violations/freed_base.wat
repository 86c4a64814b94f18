;;! --safety temporal --base 70000
;; Memory below the base belongs to the program and is never free; from the base on, it belongs to linmem.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "vouched") (param $address i32) (result i32)
    (call $getInt (call $ofAddress (local.get $address) (i32.const 4)) (i32.const 0)))
  (func (export "live") (param $o i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $getInt (local.get $s) (local.get $o))
    (call $free (local.get $r)))
  (func (export "dead") (param $o i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $free (local.get $r))
    (call $getInt (local.get $s) (local.get $o))))

;; run: vouched(0) == 0
;; run: vouched(65536) == 0
;; run: vouched(69996) == 0
;; violation: UseAfterFree vouched(131068)
;; trap: vouched(131072)
;; run: live(12) == 0
;; violation: UseAfterFree dead(12)
;; violation: UseAfterFree dead(0)
