;;! --oom null --safety temporal
;;! representations: i64 anyref
;;! pages: 2
;; The null segment belongs to its region, but as a packed segment nothing of it can be freed: it has no bytes.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (func (export "live") (param $bytes i32) (result i32 i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (drop (call $slice (local.get $s) (i32.const 0) (i32.const 0)))
    (call $address (local.get $s))
    (call $size (local.get $s))
    (call $free (local.get $r)))
  (func (export "get") (param $bytes i32) (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $getByte (local.get $s) (local.get $o))
    (call $free (local.get $r))))

;; run: live(8) == (24, 8)
;; run: live(131072) == (0, 0)
;; run: get(8, 7) == 0
;; violation: OutOfBounds get(131072, 0)
