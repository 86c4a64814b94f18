;; A module without tags and handlers has no such finding.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "env" "act" (func $act))
  (func $called (local $r i32)
    (local.set $r (call $new))
    (call $act)
    (call $free (local.get $r))))
