;; The same program, written by hand: one bump with one check, marks, constant offsets.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 16))
  (global $limit (mut i32) (i32.const 65536))
  (func $grow (param i32) (result i32) unreachable)

  (func $use (param $iovec i32) (result i32)
    (i32.add (i32.load (local.get $iovec)) (i32.load offset=4 (local.get $iovec))))

  (func (export "iovec") (param $times i32) (result i32)
    (local $mark i32) (local $end i32) (local $sum i32)
    (loop $again
      (local.set $mark (global.get $top))
      (local.set $end (i32.add (local.get $mark) (i32.const 32)))
      (if (i32.gt_u (local.get $end) (global.get $limit))
        (then (local.set $end (call $grow (i32.const 32)))))
      (global.set $top (local.get $end))
      (i32.store offset=16 (local.get $mark) (local.get $mark))
      (i32.store offset=20 (local.get $mark) (i32.const 16))
      (i32.store offset=24 (local.get $mark) (i32.const 0))
      (i64.store (local.get $mark) (i64.const 0x6f77206f6c6c6568))
      (local.set $sum
        (i32.add (local.get $sum) (call $use (i32.add (local.get $mark) (i32.const 16)))))
      (global.set $top (local.get $mark))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum)))
