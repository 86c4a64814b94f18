;;! representations: i32 i64 anyref
;;! transfer: 3
;;! errnos: 8 27 6 27
;; Encodes the text of an array, and writes all of it; returns other errors.

(module
  (type $units (array i16))
  (type $latin (array (mut i8)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.print" (func $print (param i32 (ref null $units)) (result i32)))
  (import "linmem" "wasi.print" (func $latin (param i32 (ref $latin)) (result i32)))

  (func (export "print") (result i32)
    (call $print (i32.const 1)
      (array.new_fixed $units 5
        (i32.const 0x61) (i32.const 0x20ac) (i32.const 0xd83d) (i32.const 0xde00) (i32.const 0xde00))))
  (func (export "latin") (result i32)
    (call $latin (i32.const 1) (array.new_fixed $latin 2 (i32.const 0xe9) (i32.const 0x21))))
  (func (export "nothing") (result i32) (call $print (i32.const 1) (array.new_fixed $units 0)))
  (func (export "null") (result i32) (call $print (i32.const 1) (ref.null $units)))
  ;; The buffer is free again, also while a region is open.
  (func (export "distance") (result i32) (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (local.set $s (call $allocate (local.get $region) (i32.const 8)))
    (drop (call $print (i32.const 1) (array.new $units (i32.const 0x2e) (i32.const 9))))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 16))) (call $address (local.get $s)))))

;; run: print() == 8
;; run: print() == 0
;; run: latin() == 0
;; run: nothing() == 0
;; trap: null()
;; run: distance() == 8
;; output: "a€😀�é!........."
