;;! representations: i32 i64 anyref
;;! directories: / sub
;; Opens the path in an array.

(module
  (type $latin (array i8))
  (type $bytes (array (mut i8)))
  (type $units (array (mut i16)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.open_text" (func $open_text (param (ref null $units) i32) (result i32 i32)))
  (import "linmem" "wasi.open_text" (func $folded (param (ref $latin) i32) (result i32)))
  (import "linmem" "wasi.read_bytes" (func $read_bytes (param i32) (result (ref null $bytes))))
  (func (export "link") (result i32 i32) (local $bytes (ref null $bytes))
    (local.set $bytes
      (call $read_bytes
        (call $folded
          (array.new_fixed $latin 4 (i32.const 0x6c) (i32.const 0x69) (i32.const 0x6e) (i32.const 0x6b)) (i32.const 0))))
    (array.len (local.get $bytes)) (array.get_u $bytes (local.get $bytes) (i32.const 7)))
  ;; "sub/x", with a distance between allocations
  (func (export "missing") (result i32 i32 i32) (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 8)))
    (call $open_text
      (array.new_fixed $units 5 (i32.const 0x73) (i32.const 0x75) (i32.const 0x62) (i32.const 0x2f) (i32.const 0x78))
      (i32.const 0))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 16))) (call $address (local.get $s))))
  (func (export "empty") (result i32) (call $folded (array.new_fixed $latin 0) (i32.const 0)))
  (func (export "null") (result i32) (call $open_text (ref.null $units) (i32.const 0)) (drop)))

;; "Hello, file!" and a line feed
;; run: link() == (13, 0x66)
;; run: missing() == (44, 0, 8)
;; run: empty() == -44
;; trap: null()
