;;! --base global:base
;; The value of the global is computed, but is the same in every instance.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "env" "memory" (memory 1 100 shared))
  (global $one i32 (i32.const 1))
  (global $base i32 (i32.add (i32.const 1024) (global.get $one)))
  (func (export "run") (drop (call $new))))
