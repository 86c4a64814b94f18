;;! --safety temporal
;; A packed segment whose end is free: only the bytes that are used count, in sequence and in a loop.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param i64 i32) (result i64)))
  (global $r (mut i32) (i32.const 0))
  (func (export "open") (param $bytes i32)
    (global.set $r (call $new))
    (drop (call $allocate (global.get $r) (local.get $bytes))))
  (func (export "close") (call $free (global.get $r)))
  (func $two (param $s i64) (param $o i32) (param $p i32) (result i32)
    (i32.add (call $getInt (local.get $s) (local.get $o)) (call $getInt (local.get $s) (local.get $p))))
  (func $constant (param $s i64) (result i32)
    (i32.add (call $getInt (local.get $s) (i32.const 0)) (call $getInt (local.get $s) (i32.const 8))))
  (func $wider (param $s i64) (param $o i32) (result i64)
    (i64.add
      (i64.extend_i32_u (call $getInt (local.get $s) (local.get $o)))
      (call $getLong (local.get $s) (local.get $o))))
  (func $loop (param $s i64) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (local.get $sum))
  (func (export "two") (param $o i32) (param $p i32) (result i32)
    (call $two (call $ofAddress (i32.const 24) (i32.const 32)) (local.get $o) (local.get $p)))
  (func (export "constant") (param $address i32) (result i32)
    (call $constant (call $ofAddress (local.get $address) (i32.const 32))))
  (func (export "wider") (param $o i32) (result i64)
    (call $wider (call $ofAddress (i32.const 24) (i32.const 32)) (local.get $o)))
  (func (export "loop") (param $n i32) (result i32)
    (call $loop (call $ofAddress (i32.const 24) (i32.const 32)) (local.get $n))))

;; run: open(16) == ()
;; run: two(0, 12) == 0
;; violation: UseAfterFree two(0, 13)
;; violation: UseAfterFree two(16, 0)
;; run: constant(28) == 0
;; violation: UseAfterFree constant(32)
;; run: wider(8) == 0
;; violation: UseAfterFree wider(12)
;; run: loop(16) == 0
;; violation: UseAfterFree loop(17)
;; violation: UseAfterFree loop(0xffffffff)
;; run: close() == ()
;; violation: UseAfterFree two(0, 0)
