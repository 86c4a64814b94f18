;;! --oom null --safety temporal
;;! pages: 2
;; The null segment, packed: it has no byte that could be freed.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (func (export "live") (param $bytes i32) (result i32 i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (drop (call $slice (local.get $s) (i32.const 0) (i32.const 0)))
    (call $address (local.get $s))
    (call $size (local.get $s))
    (call $free (local.get $r)))
  (func (export "after") (param $bytes i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $free (local.get $r))
    (call $size (call $slice (local.get $s) (i32.const 0) (local.get $bytes))))
  (func (export "after_none") (param $bytes i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $free (local.get $r))
    (call $size (call $slice (local.get $s) (i32.const 0) (i32.const 0))))
  (func (export "frame_after") (param $o i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 131072)))
    (call $free (local.get $r))
    (call $size (call $slice (local.get $s) (local.get $o) (i32.const 0))))
  (func (export "get") (param $bytes i32) (param $o i32) (result i32) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $getByte (local.get $s) (local.get $o))
    (call $free (local.get $r))))

;; run: live(8) == (24, 8)
;; run: live(131072) == (0, 0)
;; violation: UseAfterFree after(8)
;; violation: OutOfBounds after(131072)
;; run: after_none(131072) == 0
;; run: frame_after(0) == 0
;; violation: OutOfBounds frame_after(1)
;; run: get(8, 7) == 0
;; violation: OutOfBounds get(131072, 0)
