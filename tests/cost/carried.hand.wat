;; The same program, written by hand.
(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 16))

  (func (export "carried") (param $count i32) (result i32)
    (local $frame i32) (local $rest i32) (local $chosen i32)
    (local.set $frame (global.get $top))
    (i64.store (local.get $frame) (i64.const 0))
    (local.set $rest (i32.add (local.get $frame) (i32.const 8)))
    (global.set $top (i32.add (local.get $rest) (local.get $count)))
    (memory.fill (local.get $rest) (i32.const 3) (local.get $count))
    (loop $more
      (local.set $chosen
        (if (result i32) (i32.and (local.get $count) (i32.const 1))
          (then (local.get $frame))
          (else (i32.add (local.get $frame) (i32.const 4)))))
      (i32.store (local.get $chosen)
        (i32.add (i32.load (local.get $chosen)) (i32.load8_u (local.get $rest))))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (local.set $rest (i32.add (local.get $rest) (i32.const 1)))
      (br_if $more (local.get $count)))
    (i32.sub (i32.mul (i32.load (local.get $frame)) (i32.const 3)) (i32.load offset=4 (local.get $frame)))
    (global.set $top (local.get $frame))))
