;;! --safety temporal
;; A loop over two segments of one frame, the smaller of which is in memory that was allocated again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (func $close (param i32) (call $free (local.get 0)))
  (func $again (param i32) (drop (call $allocate (call $new) (local.get 0))))
  (func (export "beside") (param $bytes i32) (param $n i32) (result i32)
    (local $region i32) (local $s i64) (local $t i64) (local $i i32) (local $sum i32)
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 256)))
    (local.set $t (call $slice (local.get $s) (i32.const 0) (i32.const 8)))
    (call $close (local.get $region))
    (call $again (local.get $bytes))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $getByte (local.get $t) (i32.const 0))))
      (local.set $sum (i32.add (local.get $sum) (call $getByte (local.get $s) (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i)))

;; run: beside(256, 200) == 200
;; violation: UseAfterFree beside(32, 200)

;; The functions that it calls stay functions.
;;! calls: wrappers
