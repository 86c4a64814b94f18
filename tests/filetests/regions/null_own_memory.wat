;;! --oom null
;;! pages: 1
;; A region is opened also where there is no page for home, and is as empty as can be; home is looked for again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (memory (export "memory") 1)
  (func (export "null") (param $bytes i32) (result i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
    (call $free (local.get $r))
    (i64.eqz (local.get $s))))

;; run: null(8) == 1
;; run: null(0) == 1
;; run: null(0xffffffff) == 1
