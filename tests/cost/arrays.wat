;; Copies an array to a segment and back: by one operation, and element by element.
(module
  (type $a (array (mut {element})))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.copyFromArray" (func $copyFrom (param i64 i32 (ref null $a) i32 i32)))
  (import "linmem" "MemorySegment.copyToArray" (func $copyTo (param i64 i32 (ref null $a) i32 i32)))
  (import "linmem" "MemorySegment.set{access}" (func $set (param i64 i32 {value})))
  (import "linmem" "MemorySegment.get{unsigned}" (func $get (param i64 i32) (result {value})))
  (global $array (mut (ref null $a)) (ref.null $a))
  (global $segment (mut i64) (i64.const 0))

  ;; Makes an array of elements, each of which is its index, and a segment for them.
  (func (export "prepare") (param $count i32) (local $i i32)
    (global.set $array (array.new_default $a (local.get $count)))
    (loop $next
      (array.set $a (global.get $array) (local.get $i) {index})
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (global.set $segment (call $allocate (call $new) (i32.mul (local.get $count) (i32.const {bytes})))))
  (func (export "clear") (param $count i32)
    (array.fill $a (global.get $array) (i32.const 0) ({value}.const 0) (local.get $count)))
  ;; A number that depends on every element of the segment and of the array.
  (func (export "sum") (param $count i32) (result i64) (local $i i32) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.mul (i64.extend_i32_u (i32.add (local.get $i) (i32.const 1)))
        (i64.add
          (i64.mul (i64.const 3)
            ({wide} (call $get (global.get $segment) (i32.mul (local.get $i) (i32.const {bytes})))))
          ({wide} (array.get{extend} $a (global.get $array) (local.get $i)))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $sum))

  (func (export "from") (param $count i32)
    (call $copyFrom (global.get $segment) (i32.const 0) (global.get $array) (i32.const 0) (local.get $count)))
  (func (export "from_loop") (param $count i32) (local $s i64) (local $array (ref null $a)) (local $i i32)
    (local.set $s (global.get $segment))
    (local.set $array (global.get $array))
    (loop $next
      (call $set (local.get $s) (i32.mul (local.get $i) (i32.const {bytes}))
        (array.get{extend} $a (local.get $array) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count)))))

  (func (export "to") (param $count i32)
    (call $copyTo (global.get $segment) (i32.const 0) (global.get $array) (i32.const 0) (local.get $count)))
  (func (export "to_loop") (param $count i32) (local $s i64) (local $array (ref null $a)) (local $i i32)
    (local.set $s (global.get $segment))
    (local.set $array (global.get $array))
    (loop $next
      (array.set $a (local.get $array) (local.get $i)
        (call $get (local.get $s) (i32.mul (local.get $i) (i32.const {bytes}))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))))
