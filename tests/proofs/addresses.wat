;; Segments of addresses, and the parts of segments.

;;! representations: i64 anyref
;; levels: spatial temporal
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (memory (export "memory") 1)

  ;; theorem $segment: the segment of an address and a size has both, and fails exactly if it ends above 2^32
  ;; prove: traps(OutOfBounds) <=> $p + $n > 4294967296
  ;; prove: returns => segment(r0) and start(r0) == $p and size(r0) == $n
  ;; neighbour: i64.gt_u -> i64.ge_u
  ;; call: make($p, $n)
  (func $segment (param $p i32) (param $n i32) (result {seg}) (local $x {seg})
    (local.set $x (call $ofAddress (local.get $p) (local.get $n)))
    (local.get $x))
  (func (export "make") (param i32 i32)
    (drop (call $segment (local.get 0) (local.get 1))))

  ;; theorem $parts: the address and the size are those of the segment
  ;; prove: traps(Forged) <=> not segment($s)
  ;; prove: returns => r0 == start($s) and r1 == size($s)
  ;; neighbour: local.get $s #2 -> local.get $s i64.const 4294967296 i64.add
  ;; call: parts($s)
  (func $parts (export "parts") (param $s {seg}) (result i32 i32)
    (nop)
    (call $address (local.get $s))
    (call $size (local.get $s))))
