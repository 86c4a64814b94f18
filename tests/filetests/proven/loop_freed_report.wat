;;! --safety temporal --on-violation report
;;! representations: i64 anyref
;; The report of a loop over a freed segment names its first byte, or the bounds violation if that comes first.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param {seg} i32 i32)))
  (func $write (param $s {seg}) (param $i i32) (param $n i32)
    (loop $next
      (call $setShort (local.get $s) (local.get $i) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $n)))))
  (func $segment (param $r i32) (result {seg}) (call $allocate (local.get $r) (i32.const 16)))
  (func (export "live") (param $i i32) (param $n i32) (local $r i32)
    (call $write (call $segment (local.tee $r (call $new))) (local.get $i) (local.get $n))
    (call $free (local.get $r)))
  (func (export "dead") (param $i i32) (param $n i32) (local $r i32)
    (call $segment (local.tee $r (call $new)))
    (call $free (local.get $r))
    (call $write (local.get $i) (local.get $n))))

;; run: live(0, 16) == ()
;; report: dead(0, 16) == MemorySegment.setShort: the 2 bytes at address 24 of a freed segment (at line 11, in $write)
;; report: dead(6, 16) == MemorySegment.setShort: the 2 bytes at address 30 of a freed segment (at line 11, in $write)
;; report: dead(6, 17) == MemorySegment.setShort: the 2 bytes at address 30 of a freed segment (at line 11, in $write)
;; report: dead(15, 17) == MemorySegment.setShort: bytes 15..17 of a segment of 16 bytes (at line 11, in $write)
;; report: live(0, 17) == MemorySegment.setShort: bytes 16..18 of a segment of 16 bytes (at line 11, in $write)

;; The functions that it calls stay functions.
;;! calls: wrappers
