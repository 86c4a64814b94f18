;; The bounds checks of all getters and setters, at an offset that is not constant, and at one above 2^31.

;;! representations: i64 anyref
;; each: G=getByte S=setByte B=1 T=i32 | G=getUByte S=setByte B=1 T=i32 | G=getShort S=setShort B=2 T=i32 | G=getUShort S=setShort B=2 T=i32 | G=getInt S=setInt B=4 T=i32 | G=getLong S=setLong B=8 T=i64 | G=getFloat S=setFloat B=4 T=f32 | G=getDouble S=setDouble B=8 T=f64 | G=getVector S=setVector B=16 T=v128
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.<G>" (func $<G> (param {seg} i32) (result <T>)))
  (import "linmem" "MemorySegment.<S>" (func $<S> (param {seg} i32 <T>)))
  (memory (export "memory") 1)

  ;; theorem $read: a getter fails exactly if it leaves the segment
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> > size($s)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; planted: BoundsWrap BoundsOneByteFurther
  ;; call: run_read(start($s), size($s), $o)
  (func $read (param $s {seg}) (param $o i32)
    (nop)
    (drop (call $<G> (local.get $s) (local.get $o))))
  (func (export "run_read") (param i32 i32 i32)
    (call $read (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)))

  ;; theorem $write: a setter fails exactly if it leaves the segment, and then writes nothing
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> > size($s)
  ;; prove: inside($s)
  ;; prove: traps(any) => not writes
  ;; opaque: check_segment
  ;; planted: BoundsWrap BoundsOneByteFurther
  ;; call: run_write(start($s), size($s), $o)
  (func $write (param $s {seg}) (param $o i32) (param $v <T>)
    (nop)
    (call $<S> (local.get $s) (local.get $o) (local.get $v)))
  (func (export "run_write") (param i32 i32 i32) (local $v <T>)
    (call $write (call $ofAddress (local.get 0) (local.get 1)) (local.get 2) (local.get $v)))

  ;; theorem $far: so does a setter at a constant offset above 2^31
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and 2147483649 + <B> > size($s)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; neighbour: i64.lt_u -> i64.le_u
  ;; neighbour: i32.lt_u -> i32.lt_s
  ;; call: run_far(start($s), size($s))
  (func $far (param $s {seg}) (param $v <T>)
    (nop)
    (call $<S> (local.get $s) (i32.const 2147483649) (local.get $v)))
  (func (export "run_far") (param i32 i32) (local $v <T>)
    (call $far (call $ofAddress (local.get 0) (local.get 1)) (local.get $v))))
