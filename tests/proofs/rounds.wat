;; Loops that allocate, and test once before they begin whether there is room for all iterations. Loop 0 is the one in which
;; nothing is tested, loop 1 the one in which each allocation is.

;;! representations: i64
;; each: N=ge_u D=1 L=($b-$i) | N=le_s D=-1 L=($i-$b) | N=eq D=1 L=($b-$i)
(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (memory (export "memory") 1)

  ;; theorem $first: a loop that compares before it allocates is entered without tests only if there is room for all its iterations
  ;; logic: QF_AUFBV
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; unreached: 1
  ;; invariant 0: $linmem.next == @top and @top >= old(@top)
  ;; invariant 0: @top + (wrap(<L>) << 4) <= @limit
  ;; prove: enters(0) => old(@top) + (wrap(old(<L>)) << 4) <= old(@limit)
  ;; prove: returns => old(@top) <= @top and @top <= @limit
  ;; planted: ReserveFewerTrips ReserveKeepsTop
  (func $first (export "first") (param $a i32) (param $i i32) (param $b i32) (result {seg}) (local $s {seg})
    (block $out
      (loop $l
        (br_if $out (i32.<N> (local.get $i) (local.get $b)))
        (local.set $s (call $allocate (local.get $a) (i32.const 12)))
        (local.set $i (i32.add (local.get $i) (i32.const <D>)))
        (br $l)))
    (local.get $s)))
