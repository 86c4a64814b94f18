;;! --on-violation report
;;! pages: 2
;; Without checks, some violations are still reported.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i32)))
  (import "linmem" "wasi.write_all" (func $write (param i32 i32 i32) (result i32)))
  (func $large (export "large") (result i32) (call $allocate (call $new) (i32.const 200000)))
  (func $frame (export "frame") (result i32) (call $allocate (call $new) (i32.const 60000)))
  (func $last (export "last") (result i32) (call $allocate (call $new) (i32.const 10000)))
  (func $writes (export "writes") (result i32)
    (call $write (i32.const 1) (call $ofAddress (i32.const 0) (i32.const 4)) (i32.const 4))))

;; report: large() == MemoryAllocator.allocate: out of memory: cannot allocate 200000 bytes; the memory has 1 page (at line 9, in $large)
;; run: frame() == 16
;; run: frame() == 60016
;; run: last() == 120016
;; report: last() == MemoryAllocator.allocate: out of memory: cannot allocate 10000 bytes; the memory has 2 pages (at line 11, in $last)
;; run: writes() == 0
