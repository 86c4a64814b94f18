;;! --safety temporal --on-violation report
;; The same for segments that are references.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result (ref eq))))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param (ref eq) i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param (ref eq) i32 i32) (result (ref eq))))
  (func $wrong (export "wrong") (local $s (ref eq))
    (local.set $s (call $allocate (call $new) (i32.const 1)))
    (call $setByte (local.get $s) (i32.const 0) (i32.const 1))
    (call $setByte (local.get $s) (i32.const 1) (i32.const 1)))
  (func $ever (export "ever") (param $bytes i32)
    (call $setByte
      (call $slice (call $allocate (call $new) (local.get $bytes)) (i32.const 1) (i32.const 2))
      (i32.const 2) (i32.const 0))))

;; report: wrong() == MemorySegment.setByte: bytes 1..2 of a segment of 1 byte (at line 11, in $wrong)
;; report: ever(3) == MemorySegment.setByte: bytes 2..3 of a segment of 2 bytes (at line 13, in $ever)
;; report: ever(2) == MemorySegment.slice: bytes 1..3 of a segment of 2 bytes (at line 14, in $ever)
