;; The same program, written by hand. It does not check that there is memory.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 16))

  (func $level (param $n i32) (result i32)
    (local $mark i32) (local $s i32) (local $sum i32)
    (local.set $mark (global.get $top))
    (global.set $top (i32.add (local.tee $s (global.get $top)) (i32.const 16)))
    (i32.store (local.get $s) (local.get $n))
    (if (local.get $n)
      (then (local.set $sum (call $level (i32.sub (local.get $n) (i32.const 1))))))
    (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $s))))
    (global.set $top (local.get $mark))
    (local.get $sum))

  (func (export "nested") (param $levels i32) (result i32)
    (call $level (i32.sub (local.get $levels) (i32.const 1)))))
