;; No intrinsic has the type of a start function.
(module (import "linmem" "MemoryAllocator.new" (func $new (result i32))) (start $new))
