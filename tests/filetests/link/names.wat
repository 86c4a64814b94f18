;;! --alias scala.alloc=MemoryAllocator.allocate
;;! --alias scala.open=MemoryAllocator.new
;;! --host printImpl=test:log
;; Names that a frontend chooses: aliases of intrinsics, and a host function.
(module
  (import "linmem" "scala.open" (func $open (result i32)))
  (import "linmem" "scala.alloc" (func $alloc (param i32 i32) (result i64)))
  (import "linmem" "printImpl" (func $print (param i64)))
  (func (export "run") (call $print (call $alloc (call $open) (i32.const 3)))))

;; run: run() == ()
;; log: 12884901904
