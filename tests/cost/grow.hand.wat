;; The same program, written by hand. It does not check that the size does not wrap around.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 16))
  (global $limit (mut i32) (i32.const 65536))
  (func $grow (param i32) (result i32) unreachable)

  (func $repeat (param $count i32) (param $bytes i32) (result i32)
    (local $mark i32) (local $s i32) (local $end i32)
    (local.set $mark (global.get $top))
    (loop $more
      (local.set $end
        (i32.and
          (i32.add (i32.add (local.tee $s (global.get $top)) (local.get $bytes)) (i32.const 7))
          (i32.const -8)))
      (if (i32.gt_u (local.get $end) (global.get $limit))
        (then (local.set $end (call $grow (local.get $bytes)))))
      (global.set $top (local.get $end))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (global.set $top (local.get $mark))
    (local.get $count))

  (func (export "grow") (param $count i32) (result i32)
    (call $repeat (local.get $count) (i32.const 20))))
