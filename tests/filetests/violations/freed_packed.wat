;;! --safety temporal
;; A packed segment that the program made over free memory: the bytes that are used count, not its size.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (func $read (export "read") (param $s i64) (param $o i32) (result i32) (call $getInt (local.get $s) (local.get $o)))
  (func $first (export "first") (param $s i64) (result i32) (call $getInt (local.get $s) (i32.const 0)))
  (func $made (export "made") (param $address i32) (param $bytes i64) (param $o i32) (result i32)
    (call $getInt
      (i64.or (i64.shl (local.get $bytes) (i64.const 32)) (i64.extend_i32_u (local.get $address)))
      (local.get $o)))
  (func $part (export "part") (param $s i64) (param $o i32) (param $bytes i32) (result i64)
    (call $slice (local.get $s) (local.get $o) (local.get $bytes)))
  (func $loop (export "loop") (param $s i64) (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getInt (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (local.get $sum))
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param $r i32) (call $free (local.get $r))))

;; violation: UseAfterFree read(0x0000000800000018, 4)
;; violation: UseAfterFree read(0xffffffe000000018, 4)
;; violation: UseAfterFree first(0xffffffe000000018)
;; violation: UseAfterFree made(24, 0xffffffe0, 4)
;; violation: UseAfterFree part(0xffffffe000000018, 0, 8)
;; violation: UseAfterFree loop(0x0000000800000018, 8)
;; violation: UseAfterFree loop(0xffffffe000000018, 8)
;; run: read(0x0000000800000000, 4) == 0
;; run: part(0x0000000800000018, 8, 0) == 0x20
