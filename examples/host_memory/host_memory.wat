;; Fills memory of the host with values that functions of the host calculate, and returns the number of bytes. The host owns
;; the memory and decides where the values go; a segment over that part checks every store.
(module
  (import "math" "sin" (func $sin (param f64) (result f64)))
  (import "math" "cos" (func $cos (param f64) (result f64)))
  (import "math" "log" (func $log (param f64) (result f64)))
  (import "js" "shared_mem" (memory 1))
  (import "js" "data_offset" (global $data_offset i32))

  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
  (import "linmem" "MemorySegment.setDouble" (func $setDouble (param i64 i32 f64)))

  ;; The value at the time $t: two waves whose frequencies are $x and $y, and which fade in.
  (func $value (param $x i32) (param $y i32) (param $t f64) (result f64)
    (f64.mul
      (call $log (f64.add (f64.const 1) (local.get $t)))
      (f64.add
        (call $sin (f64.mul (f64.convert_i32_s (local.get $x)) (local.get $t)))
        (call $cos (f64.mul (f64.convert_i32_s (local.get $y)) (local.get $t))))))

  (func (export "expensive_calc") (param $x i32) (param $y i32) (result i32)
    (local $values i64) (local $index i32)
    (local.set $values (call $ofAddress (global.get $data_offset) (i32.const 2048)))
    (loop $next
      (call $setDouble
        (local.get $values)
        (i32.shl (local.get $index) (i32.const 3))
        (call $value
          (local.get $x)
          (local.get $y)
          (f64.div (f64.convert_i32_s (local.get $index)) (f64.const 256))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next
        (i32.lt_u
          (local.get $index)
          (i32.shr_u (call $size (local.get $values)) (i32.const 3)))))
    (call $size (local.get $values))))
