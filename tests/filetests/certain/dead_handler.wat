;;! --safety temporal
;; A handler that no throw reaches. It would allocate from an outer region while an inner one is open.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $quiet)
  (func (export "run") (result i32) (local $h1 i32) (local $h2 i32)
    (local.set $h1 (call $new))
    (block $done (block $c
      (try_table (catch_all $c)
        (local.set $h2 (call $new)) (call $quiet) (call $free (local.get $h2)))
      (br $done))
      (drop (call $allocate (local.get $h1) (i32.const 8))))
    (call $free (local.get $h1)) (i32.const 5)))

;; run: run() == 5
