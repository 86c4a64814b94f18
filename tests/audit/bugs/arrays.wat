;; The same as in bugs.wat, for copies between arrays and segments and for text.
(module
  (type $ints (array (mut i32)))
  (type $units (array (mut i8)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copyFromArray" (func $fromInts (param {seg} i32 (ref null $ints) i32 i32)))
  (import "linmem" "MemorySegment.copyFromArray" (func $fromUnits (param {seg} i32 (ref null $units) i32 i32)))
  (import "linmem" "MemorySegment.copyToArray" (func $toInts (param {seg} i32 (ref null $ints) i32 i32)))
  (import "linmem" "MemorySegment.toArray" (func $newInts (param {seg} i32 i32) (result (ref $ints))))
  (import "linmem" "MemorySegment.setUtf8" (func $setUtf8 (param {seg} i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.getUtf8" (func $getUtf8 (param {seg} i32 i32) (result (ref $units))))
  (import "test" "pass" (func $pass (param i32) (result i32)))
  (memory (export "memory") 1)
  (data $bytes "0123456789abcdef")

  (func $ints (result (ref $ints)) (local $a (ref null $ints))
    (local.set $a (array.new_default $ints (call $pass (i32.const 10))))
    (ref.as_non_null (local.get $a)))
  (func $text (result (ref $units)) (local $a (ref null $units))
    (local.set $a (array.new $units (i32.const 97) (call $pass (i32.const 10))))
    (ref.as_non_null (local.get $a)))

  (func (export "copy_from_few_elements_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $fromInts (local.get $s) (i32.const 4) (call $ints) (i32.const 0) (i32.const 2))) ;; @access

  (func (export "copy_from_elements_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $fromInts (local.get $s) (i32.const 4) (call $ints) (i32.const 0) (call $pass (i32.const 2)))) ;; @access

  (func (export "copy_to_few_elements_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $toInts (local.get $s) (i32.const 4) (call $ints) (i32.const 0) (i32.const 3))) ;; @access

  (func (export "copy_to_elements_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $toInts (local.get $s) (i32.const 0) (call $ints) (i32.const 0) (call $pass (i32.const 4)))) ;; @access

  (func (export "small_new_array_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $newInts (local.get $s) (i32.const 0) (i32.const 4)))) ;; @access

  (func (export "new_array_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $newInts (local.get $s) (i32.const 0) (call $pass (i32.const 4))))) ;; @access

  (func (export "copy_from_constants_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $fromInts (local.get $s) (i32.const 0) (array.new_fixed $ints 2 (i32.const 1) (i32.const 2)) (i32.const 0) (i32.const 2))) ;; @access

  (func (export "copy_from_data_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $fromUnits (local.get $s) (i32.const 0) (array.new_data $units $bytes (i32.const 0) (i32.const 16)) (i32.const 0) (i32.const 16))) ;; @access

  (func (export "copy_from_elements_past_the_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $fromInts (local.get $s) (i32.const 0) (call $ints) (i32.const 0) (call $pass (i32.const 5))) ;; @access
    (call $free (local.get $r)))

  (func (export "copy_to_few_elements_past_the_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $toInts (local.get $s) (i32.const 8) (call $ints) (i32.const 0) (i32.const 3)) ;; @access
    (call $free (local.get $r)))

  (func (export "copy_from_elements_past_a_slice") ;; Overlap none types: i64 anyref
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $slice (call $allocate (local.get $r) (i32.const 64)) (i32.const 8) (i32.const 16))) ;; @allocation
    (call $fromInts (local.get $s) (i32.const 4) (call $ints) (i32.const 0) (call $pass (i32.const 4))) ;; @access
    (call $free (local.get $r)))

  (func (export "copy_from_units_past_a_slice") ;; Overlap none types: i64 anyref
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $slice (call $allocate (local.get $r) (i32.const 64)) (i32.const 8) (i32.const 4))) ;; @allocation
    (call $fromUnits (local.get $s) (i32.const 0) (call $text) (i32.const 0) (call $pass (i32.const 5))) ;; @access
    (call $free (local.get $r)))

  (func (export "new_small_array_past_a_slice") ;; Overlap none types: i64 anyref
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $slice (call $allocate (local.get $r) (i32.const 64)) (i32.const 8) (call $pass (i32.const 4)))) ;; @allocation
    (drop (call $newInts (local.get $s) (i32.const 0) (i32.const 2))) ;; @access
    (call $free (local.get $r)))

  (func (export "set_text_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $setUtf8 (local.get $s) (i32.const 1) (call $text) (i32.const 0) (i32.const 10)))) ;; @access

  (func (export "get_text_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $getUtf8 (local.get $s) (i32.const 0) (i32.const 16)))) ;; @access

  (func (export "set_text_past_the_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8))) ;; @allocation
    (drop (call $setUtf8 (local.get $s) (i32.const 0) (call $text) (i32.const 0) (i32.const 10))) ;; @access
    (call $free (local.get $r)))

  (func (export "set_text_past_a_slice") ;; Overlap none types: i64 anyref
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $slice (call $allocate (local.get $r) (i32.const 64)) (i32.const 8) (i32.const 9))) ;; @allocation
    (drop (call $setUtf8 (local.get $s) (i32.const 0) (call $text) (i32.const 0) (i32.const 10))) ;; @access
    (call $free (local.get $r)))

  (func (export "get_text_past_the_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8))) ;; @allocation
    (drop (call $getUtf8 (local.get $s) (i32.const 4) (call $pass (i32.const 5)))) ;; @access
    (call $free (local.get $r))))
