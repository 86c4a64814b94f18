;; The functions of the module `wasm:js-string` that access arrays, for engines without builtins: JavaScript cannot access the
;; elements of an array. `strings.mjs` contains this module, and passes units in its memory. A test compares the two.
(module
  (type $units (array (mut i16)))
  ;; The number of units of a string. Traps if it is not a string.
  (import "strings" "length" (func $length (param $string externref) (result i32)))
  ;; Writes units to the memory.
  (import "strings" "read" (func $read (param $string externref) (param $start i32) (param $count i32)))
  ;; The string, or an empty one instead of null, with units of the memory after it.
  (import "strings" "append" (func $append (param $string externref) (param $count i32) (result externref)))
  ;; 8192 units, which is less than the number of arguments that engines accept.
  (memory (export "memory") 1)

  (func (export "intoCharCodeArray") (param $string externref) (param $array (ref null $units)) (param $start i32) (result i32)
    (local $length i32) (local $done i32) (local $count i32) (local $i i32) (local $room i32)
    (local.set $room (array.len (local.get $array)))
    (local.set $length (call $length (local.get $string)))
    (if (i64.gt_u
          (i64.add (i64.extend_i32_u (local.get $start)) (i64.extend_i32_u (local.get $length)))
          (i64.extend_i32_u (local.get $room)))
      (then unreachable))
    (block $end
      (loop $next
        (br_if $end (i32.eq (local.get $done) (local.get $length)))
        (local.set $count (i32.sub (local.get $length) (local.get $done)))
        (if (i32.gt_u (local.get $count) (i32.const 8192)) (then (local.set $count (i32.const 8192))))
        (call $read (local.get $string) (local.get $done) (local.get $count))
        (local.set $i (i32.const 0))
        (loop $unit
          (array.set $units (local.get $array) (i32.add (local.get $start) (local.get $done))
            (i32.load16_u (i32.mul (local.get $i) (i32.const 2))))
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (br_if $unit (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
        (br $next)))
    (local.get $length))

  (func (export "fromCharCodeArray") (param $array (ref null $units)) (param $start i32) (param $end i32) (result (ref extern))
    (local $string externref) (local $count i32) (local $i i32)
    (if (i32.or
          (i32.gt_u (local.get $end) (array.len (local.get $array)))
          (i32.gt_u (local.get $start) (local.get $end)))
      (then unreachable))
    (loop $next
      (local.set $count (i32.sub (local.get $end) (local.get $start)))
      (if (i32.gt_u (local.get $count) (i32.const 8192)) (then (local.set $count (i32.const 8192))))
      (local.set $i (i32.const 0))
      (block $full
        (loop $unit
          (br_if $full (i32.eq (local.get $i) (local.get $count)))
          (i32.store16 (i32.mul (local.get $i) (i32.const 2))
            (array.get_u $units (local.get $array) (i32.add (local.get $start) (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $unit)))
      (local.set $string (call $append (local.get $string) (local.get $count)))
      (local.set $start (i32.add (local.get $start) (local.get $count)))
      (br_if $next (i32.ne (local.get $start) (local.get $end))))
    (ref.as_non_null (local.get $string))))
