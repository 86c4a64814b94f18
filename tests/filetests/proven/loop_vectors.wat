;;! --safety spatial
;;! representations: i64 anyref
;; Vector instructions that do not access memory are straight code, and so are conversions that saturate; a load
;; of the program itself is not.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func $sum (param $s {seg}) (param $bytes i32) (result i32) (local $i i32) (local $v v128)
    (loop $next
      (local.set $v
        (i32x4.add
          (local.get $v)
          (i32x4.splat (i32.trunc_sat_f32_u (f32.convert_i32_u (call $getInt (local.get $s) (local.get $i)))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $bytes))))
    (i32x4.extract_lane 3 (local.get $v)))
  (func (export "sum") (param $size i32) (param $bytes i32) (result i32)
    (local $s {seg})
    (local.set $s (call $ofAddress (i32.const 64) (local.get $size)))
    (call $setInt (local.get $s) (i32.const 20) (i32.const 7))
    (call $setInt (local.get $s) (i32.const 36) (i32.const 8))
    (call $sum (local.get $s) (local.get $bytes))))

;; run: sum(40, 40) == 15
;; violation: OutOfBounds sum(39, 40)
