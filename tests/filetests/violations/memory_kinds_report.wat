;;! --safety temporal --on-violation report
;;! representations: i32 i64 anyref
;;! pages: 2
;; Allocations that fail and invalid alignments, as reports.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $allocates (export "allocates") (param $bytes i32) (local $r i32)
    (drop (call $allocate (local.tee $r (call $new)) (local.get $bytes)))
    (call $free (local.get $r)))
  (func $aligns (export "aligns") (param $bytes i32) (param $alignment i32) (local $r i32)
    (drop (call $aligned (local.tee $r (call $new)) (local.get $bytes) (local.get $alignment)))
    (call $free (local.get $r))))

;; report: allocates(0xffffffff) == MemoryAllocator.allocate: out of memory: cannot allocate 4294967295 bytes; the memory has 1 page (at line 11, in $allocates)
;; report: aligns(131072, 32) == MemoryAllocator.allocateAligned: out of memory: cannot allocate 131072 bytes aligned to 32; the memory has 1 page (at line 14, in $aligns)
;; report: aligns(1, 0) == MemoryAllocator.allocateAligned: the alignment 0 is not a power of two up to 65536 (at line 14, in $aligns)
;; report: aligns(1, 131072) == MemoryAllocator.allocateAligned: the alignment 131072 is not a power of two up to 65536 (at line 14, in $aligns)
;; run: aligns(1, 65536) == ()
