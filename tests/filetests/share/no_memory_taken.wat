;; A program that only uses segments of `ofAddress`: linmem takes no memory, and nothing changes.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $of (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setInt" (func $set (param i64 i32 i32)))
  (memory (export "memory") 1 2)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "run") (result i32)
    (call $set (call $of (i32.const 8) (i32.const 4)) (i32.const 0) (i32.const 5))
    (i32.load (i32.const 8))))

;; run: run() == 5
;; run: grow(2) == -1
;; run: grow(1) == 1
