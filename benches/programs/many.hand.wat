;; The program of tests/cost/many.wat, written by hand. It does not check that there is memory.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 16))

  (func (export "many") (param $count i32) (result i32)
    (local $mark i32) (local $node i32) (local $head i32) (local $sum i32)
    (local.set $mark (global.get $top))
    (loop $more
      (local.set $node (global.get $top))
      (global.set $top (i32.add (local.get $node) (i32.const 24)))
      (i32.store (local.get $node) (local.get $head))
      (i32.store offset=4 (local.get $node) (local.get $count))
      (local.set $head (local.get $node))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $head))))
      (br_if $next (local.tee $head (i32.load (local.get $head)))))
    (global.set $top (local.get $mark))
    (local.get $sum)))
