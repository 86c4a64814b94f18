;; The bounds check of an access, at an offset that is not constant and at a constant one.

;;! representations: i64 anyref
;; levels: spatial temporal
;; each: G=getUByte B=1 T=i32 | G=getShort B=2 T=i32 | G=getInt B=4 T=i32 | G=getLong B=8 T=i64
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.<G>" (func $<G> (param {seg} i32) (result <T>)))
  (memory (export "memory") 1)

  ;; theorem $get: an access fails exactly if it leaves the segment
  ;; assume: valid($s)
  ;; prove: traps(Forged) <=> not segment($s)
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> > size($s)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; planted: BoundsWrap BoundsOneByteFurther
  ;; call: run(start($s), size($s), $o)
  (func $get (param $s {seg}) (param $o i32) (result <T>) (local $x <T>)
    (local.set $x (call $<G> (local.get $s) (local.get $o)))
    (local.get $x))
  (func (export "run") (param i32 i32 i32) (result <T>)
    (call $get (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)))

  ;; theorem $fixed: an access at a constant offset fails exactly if it leaves the segment
  ;; assume: valid($s)
  ;; prove: traps(OutOfBounds) <=> segment($s) and 12 + <B> > size($s)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; neighbour: i64.lt_u -> i64.le_u
  ;; neighbour: i32.lt_u -> i32.lt_s
  ;; call: run_fixed(start($s), size($s))
  (func $fixed (param $s {seg}) (result <T>) (local $x <T>)
    (local.set $x (call $<G> (local.get $s) (i32.const 12)))
    (local.get $x))
  (func (export "run_fixed") (param i32 i32) (result <T>)
    (call $fixed (call $ofAddress (local.get 0) (local.get 1)))))
