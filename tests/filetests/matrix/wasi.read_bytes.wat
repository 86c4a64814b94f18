;;! representations: i32 i64 anyref
;;! stdin: abcdefgh
;;! transfer: 3
;;! errnos: 8 27 6 27
;; The rest of a file as bytes, or null.

(module
  (type $bytes (array (mut i8)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.read_bytes" (func $read_bytes (param i32) (result i32 (ref null $bytes))))
  (import "linmem" "wasi.read_bytes" (func $folded (param i32) (result (ref null $bytes))))
  (global $bytes (mut (ref null $bytes)) (ref.null $bytes))
  (func (export "read") (result i32 i32)
    (call $read_bytes (i32.const 0))
    (global.set $bytes)
    (array.len (global.get $bytes)))
  (func (export "is_null") (result i32) (ref.is_null (call $folded (i32.const 0))))
  ;; The length, the second byte, and the distance between allocations.
  (func (export "folded") (result i32 i32 i32) (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 8)))
    (global.set $bytes (call $folded (i32.const 0)))
    (array.len (global.get $bytes))
    (array.get_u $bytes (global.get $bytes) (i32.const 1))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 16))) (call $address (local.get $s)))))

;; run: is_null() == 1
;; run: folded() == (8, 98, 8)
;; run: read() == (0, 0)
