;;! --safety temporal --on-violation report
;;! pages: 4
;; Allocations that fail and invalid alignments: the report contains the requested numbers.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i64)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 i64) (result i32 i32)))
  (func $allocates (export "allocates") (param $bytes i32) (result i64)
    (call $allocate (call $new) (local.get $bytes)))
  (func $aligns (export "aligns") (param $bytes i32) (param $alignment i32) (result i64)
    (call $aligned (call $new) (local.get $bytes) (local.get $alignment)))
  (func $frame (export "frame") (result i64) (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 60000)))
    (call $allocate (local.get $r) (i32.const 1000)))
  (func $opens (export "opens") (result i32) (call $new)))

;; report: allocates(1000000) == MemoryAllocator.allocate: out of memory: cannot allocate 1000000 bytes; the memory has 1 page (at line 10, in $allocates)
;; report: aligns(1000000, 64) == MemoryAllocator.allocateAligned: out of memory: cannot allocate 1000000 bytes aligned to 64; the memory has 1 page (at line 12, in $aligns)
;; report: aligns(8, 24) == MemoryAllocator.allocateAligned: the alignment 24 is not a power of two up to 65536 (at line 12, in $aligns)
;; run: allocates(250000) == 1073741824000048
