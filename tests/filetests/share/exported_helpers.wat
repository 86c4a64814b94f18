;;! --split 1MiB
;; An allocator that the glue code of a host calls, and that uses all memory up to memory.size, is the program's as well.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "malloc") (param $bytes i32) (result i32) (local $start i32)
    (local.set $start (global.get $next))
    (global.set $next (i32.add (global.get $next) (local.get $bytes)))
    (if (i32.gt_u (global.get $next) (i32.shl (memory.size) (i32.const 16)))
      (then
        (if (i32.eq (i32.const -1) (memory.grow (i32.shr_u
              (i32.sub (i32.add (global.get $next) (i32.const 65535)) (i32.shl (memory.size) (i32.const 16)))
              (i32.const 16))))
          (then (global.set $next (local.get $start)) (return (i32.const 0))))))
    (local.get $start))
  (func (export "allocate") (param $bytes i32) (result i32)
    (call $address (call $allocate (call $new) (local.get $bytes)))))

;; run: malloc(60000) == 1024
;; run: allocate(1000) == 0x100008
;; run: malloc(60000) == 61024
;; run: malloc(900000) == 121024
;; run: malloc(60000) == 0
;; run: allocate(1000) == 0x1003f0
