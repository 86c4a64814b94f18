;;! representations: i64
;;! pages: 2
;; Allocations that may not be reached are reserved early only up to 1024 bytes per frame.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $deep (export "deep") (param $n i32) (param $never i32) (result i32)
    (local $r i32)
    (if (i32.eqz (local.get $n)) (then (return (call $new))))
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (if (local.get $never) (then (drop (call $allocate (local.get $r) (i32.const 600)))))
    (if (local.get $never) (then (drop (call $allocate (local.get $r) (i32.const 400)))))
    (if (local.get $never) (then (drop (call $allocate (local.get $r) (i32.const 600)))))
    (local.set $n (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $never)))
    (call $free (local.get $r))
    (local.get $n)))

;; run: deep(10, 0) == 10096
