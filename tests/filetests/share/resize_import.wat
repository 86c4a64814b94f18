;; As in emscripten, an import grows the memory. Before linmem takes memory, the program sees the new pages;
;; after that, it does not, and its allocator is out of memory at the end of its own part.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "test" "grow" (func $resize (param i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "resize") (param i32) (result i32)
    (i32.ne (call $resize (local.get 0)) (i32.const -1)))
  (func (export "size") (result i32) memory.size)
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: resize(3) == 1
;; run: size() == 5
;; run: allocate(8) == 0x80000008
;; run: resize(3) == 1
;; run: size() == 5
