;; The fast path of allocations: a bump.

;;! representations: i64 anyref
;; levels: none spatial
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (memory (export "memory") 1)

  ;; theorem $bump: an allocation is at top, rounded up, below the limit, and else takes the slow path
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; opaque: refill
  ;; prove: calls($refill) <=> old(@top) + round($n, 8) > old(@limit)
  ;; prove: not calls($refill) => start(r0) == old(@top) and size(r0) == $n and @top == old(@top) + round($n, 8)
  ;; prove: not calls($refill) => start(r0) + $n <= @top and @top <= @limit and @top & 7 == 0
  ;; neighbour: i64.gt_u -> i64.ge_u
  ;; neighbour: i64.const 7 -> i64.const 6
  (func $bump (export "bump") (param $a i32) (param $n i32) (result {seg}) (local $x {seg})
    (local.set $x (call $allocate (local.get $a) (local.get $n)))
    (local.get $x))

  ;; theorem $allocate_aligned: an aligned allocation is at the first such address, below the limit, and else takes the slow path
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; assume: power($1) and $1 <= 65536
  ;; opaque: refill_aligned
  ;; prove: calls($refill_aligned) <=> round(old(@top), $1) + round($0, 8) > old(@limit)
  ;; prove: not calls($refill_aligned) => r0 == round(old(@top), $1) and r0 + $0 <= @top and @top <= @limit and @top & 7 == 0
  ;; neighbour: i64.gt_u -> i64.ge_u
  ;; neighbour: i64.const 1 -> i64.const 2
  (func (export "align") (param $a i32) (param $n i32) (param $m i32) (result {seg})
    (call $aligned (local.get $a) (local.get $n) (local.get $m)))

  ;; theorem $frame: allocations of constant sizes are disjoint parts of one bump, and closing moves top back to the mark
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000 and @top != 0
  ;; opaque: refill
  ;; prove: returns => @top == old(@top) or calls($refill)
  ;; prove: calls($refill) <=> old(@top) + 32 > old(@limit)
  ;; prove: not calls($refill) => start(r0) == old(@top) and start(r1) == old(@top) + 16
  ;; neighbour: i32.gt_u -> i32.ge_u
  (func $frame (export "frame") (result {seg} {seg}) (local $a i32) (local $x {seg}) (local $y {seg})
    (local.set $a (call $new))
    (local.set $x (call $allocate (local.get $a) (i32.const 12)))
    (local.set $y (call $allocate (local.get $a) (i32.const 16)))
    (call $free (local.get $a))
    (local.get $x) (local.get $y)))
