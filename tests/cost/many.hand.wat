;; The same program, written by hand.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 16))
  (global $limit (mut i32) (i32.const 65536))
  (func $grow (param i32) (result i32) unreachable)

  (func (export "many") (param $count i32) (result i32)
    (local $mark i32) (local $node i32) (local $end i32) (local $head i32) (local $sum i32)
    (local.set $mark (global.get $top))
    (loop $more
      (local.set $node (global.get $top))
      (local.set $end (i32.add (local.get $node) (i32.const 24)))
      (if (i32.gt_u (local.get $end) (global.get $limit))
        (then (local.set $end (call $grow (i32.const 24)))))
      (global.set $top (local.get $end))
      (i32.store (local.get $node) (local.get $head))
      (i32.store offset=4 (local.get $node) (local.get $count))
      (local.set $head (local.get $node))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $head))))
      (br_if $next (local.tee $head (i32.load (local.get $head)))))
    (global.set $top (local.get $mark))
    (local.get $sum)))
