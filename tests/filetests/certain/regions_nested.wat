;;! --safety temporal --nesting forbid
;; A region is opened while another one is open: always, and possibly.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $perhaps (export "perhaps") (param $c i32) (local $a i32) (local $b i32)
    (local.set $a (call $new))
    (if (local.get $c) (then (call $free (local.get $a))))
    (local.set $b (call $new))
    (call $free (local.get $b)))
  (func $nested (export "nested") (local $a i32) (local $b i32)
    (local.set $a (call $new))
    (local.set $b (call $new))
    (call $free (local.get $b))
    (call $free (local.get $a))))

;; run: perhaps(1) == ()
;; violation: Nested nested()
