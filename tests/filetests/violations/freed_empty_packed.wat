;;! --safety temporal
;; A use of no bytes is never a use of free memory, so a packed segment causes no violation.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param i64 i32 i64 i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (func $dead (param $bytes i32) (result i64) (local $r i32) (local $s i64)
    (local.set $s (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $free (local.get $r))
    (local.get $s))
  (func (export "slice") (param $bytes i32) (result i32)
    (call $size (call $slice (call $dead (i32.const 16)) (i32.const 8) (local.get $bytes))))
  (func (export "slice_end") (result i32)
    (call $size (call $slice (call $dead (i32.const 16)) (i32.const 16) (i32.const 0))))
  (func (export "fill") (param $bytes i32)
    (call $fill (call $dead (i32.const 16)) (i32.const 0) (local.get $bytes) (i32.const 1)))
  (func (export "copy") (param $bytes i32)
    (call $copy (call $dead (i32.const 16)) (i32.const 0) (call $dead (i32.const 16)) (i32.const 0) (local.get $bytes)))
  (func (export "write") (param $bytes i32) (result i32)
    (call $write_all (i32.const 1) (call $dead (local.get $bytes)))))

;; run: slice(0) == 0
;; run: slice_end() == 0
;; run: fill(0) == ()
;; run: copy(0) == ()
;; run: write(0) == 0
;; violation: UseAfterFree slice(1)
;; violation: UseAfterFree fill(1)
;; violation: UseAfterFree copy(1)
;; violation: UseAfterFree write(1)
;; output: ""
