;;! --on-violation report
;; An invalid alignment is a violation if it is reached, with or without checks, after the check of the handle.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result i64)))
  (func $small (export "small") (result i64) (call $allocate (call $new) (i32.const 8) (i32.const 24)))
  (func $large (export "large") (result i64) (call $allocate (call $new) (i32.const 8) (i32.const 131072)))
  (func $right (export "right") (param $bytes i32) (result i64)
    (call $allocate (call $new) (local.get $bytes) (i32.const 65536))))

;; report: small() == MemoryAllocator.allocateAligned: the alignment 24 is not a power of two up to 65536 (at line 6, in $small)
;; report: large() == MemoryAllocator.allocateAligned: the alignment 131072 is not a power of two up to 65536 (at line 7, in $large)
;; run: right(5) == 21474902016
