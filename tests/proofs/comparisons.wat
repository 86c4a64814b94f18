;; The single comparison for all checks of the segments at one address. The address is compared with top, so that one comparison
;; answers whether bytes may be free, and whether the segment may end above 2^32.

;;! --base 1024
;;! representations: i64
;; levels: temporal
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "open") (result i32) (call $new))

  ;; theorem $read: if no byte is looked up, all are below top, and the segment ends at 2^32 or below; it fails exactly if it does not
  ;; assume: @top >= 1032 and @top <= 4294901760
  ;; prove: returns => calls($check_segment) or $p + 9 <= old(@top)
  ;; prove: traps(OutOfBounds) => $p + 16 > 4294967296
  ;; prove: returns => $p + 16 <= 4294967296
  ;; opaque: check_segment
  ;; planted: GroupComparesOneByteLess
  ;; neighbour: i32.gt_u -> i32.gt_s
  ;; call: run($p)
  (func $read (export "run") (param $p i32)
    (drop (call $getInt (call $ofAddress (local.get $p) (i32.const 16)) (i32.const 0)))
    (drop (call $getInt (call $ofAddress (local.get $p) (i32.const 16)) (i32.const 4)))
    (drop (call $getUByte (call $ofAddress (local.get $p) (i32.const 16)) (i32.const 8)))))
