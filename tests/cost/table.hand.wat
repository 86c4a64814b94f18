;; The same program, written by hand.
(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 16))

  (func $use (param $s i32) (param $count i32) (result i32)
    (local $at i32) (local $sum i32)
    (loop $more
      (local.set $at (i32.add (i32.mul (local.get $at) (i32.const 1103515245)) (i32.const 12345)))
      (local.set $sum
        (i32.add
          (local.get $sum)
          (i32.load (i32.add (local.get $s) (i32.and (i32.shr_u (local.get $at) (i32.const 16)) (i32.const 1020))))))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))

  (func (export "table") (param $count i32) (result i32)
    (local $s i32) (local $sum i32)
    (local.set $s (global.get $top))
    (global.set $top (i32.add (local.get $s) (i32.const 1024)))
    (memory.fill (local.get $s) (i32.const 1) (i32.const 1024))
    (local.set $sum (call $use (local.get $s) (local.get $count)))
    (global.set $top (local.get $s))
    (local.get $sum)))
