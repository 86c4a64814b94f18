;; The same program, written by hand.
(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 16))

  (func $use (param $s i32) (param $count i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $write
      (i32.store8 (i32.add (local.get $s) (local.get $i)) (local.get $i))
      (br_if $write
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.set $i (i32.const 0))
    (loop $read
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $s) (local.get $i)))))
      (br_if $read
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $sum))

  (func (export "param") (param $count i32) (result i32)
    (local $s i32) (local $sum i32)
    (local.set $s (global.get $top))
    (global.set $top (i32.add (local.get $s) (i32.const 65536)))
    (local.set $sum (call $use (local.get $s) (local.get $count)))
    (global.set $top (local.get $s))
    (local.get $sum)))
