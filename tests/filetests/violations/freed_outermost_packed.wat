;;! --safety temporal --nesting outermost
;; Memory is freed when the last open region is closed: judged by its address, a segment is live until then.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func (export "first_closed") (param $o i32) (result i32) (local $a i32) (local $b i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $a (call $new)) (i32.const 16)))
    (local.set $b (call $new))
    (call $free (local.get $a))
    (call $getInt (local.get $s) (local.get $o))
    (call $free (local.get $b)))
  (func (export "all_closed") (param $o i32) (result i32) (local $a i32) (local $b i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $a (call $new)) (i32.const 16)))
    (local.set $b (call $new))
    (call $free (local.get $a))
    (call $free (local.get $b))
    (call $getInt (local.get $s) (local.get $o))))

;; run: first_closed(0) == 0
;; run: first_closed(12) == 0
;; violation: UseAfterFree all_closed(0)
;; violation: UseAfterFree all_closed(12)
