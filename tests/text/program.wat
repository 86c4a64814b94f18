;; Encodes and decodes many texts in one call, for tests/text and tests/node/text.test.mjs.
(module
  (type $units (array (mut {unit})))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate{Encoding}"
    (func $allocate (param i32 (ref null $units) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.set{Encoding}" (func $set (param {seg} i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.get{Encoding}" (func $get (param {seg} i32 i32) (result (ref $units))))
  (import "linmem" "Text.{encoding}Size" (func $size (param (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.size" (func $bytes (param {seg}) (result i32)))
  (memory (export "memory") 1024)

  ;; A text is its length and its units of two bytes. A result is its size, and the bytes of a new segment and of a segment of
  ;; that size, the second one followed by a byte that must not change. The range that is encoded begins after the first unit
  ;; of the array, and ends before the last one.
  (func (export "encode") (param $from i32) (param $texts i32) (param $to i32) (result i32)
    (local $array (ref null $units)) (local $count i32) (local $i i32) (local $bytes i32) (local $s {seg}) (local $region i32)
    (loop $next
      (if (local.get $texts) (then
        (local.set $texts (i32.sub (local.get $texts) (i32.const 1)))
        (local.set $count (i32.load (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (local.set $array (array.new_default $units (i32.add (local.get $count) (i32.const 2))))
        ;; A high surrogate before and a low one after the range belong to no pair.
        (array.set $units (local.get $array) (i32.const 0) (i32.const 0xd83d))
        (array.set $units (local.get $array) (i32.add (local.get $count) (i32.const 1)) (i32.const 0xde00))
        (local.set $i (i32.const 0))
        (loop $unit
          (if (i32.lt_u (local.get $i) (local.get $count)) (then
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (array.set $units (local.get $array) (local.get $i) (i32.load16_u (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 2)))
            (br $unit))))
        (local.set $bytes (call $size (local.get $array) (i32.const 1) (local.get $count)))
        (i32.store (local.get $to) (local.get $bytes))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $region (call $new))
        (local.set $s (call $allocate (local.get $region) (local.get $array) (i32.const 1) (local.get $count)))
        (if (i32.ne (call $bytes (local.get $s)) (local.get $bytes)) (then (unreachable)))
        (memory.copy (local.get $to) (call $address (local.get $s)) (local.get $bytes))
        (call $free (local.get $region))
        (local.set $to (i32.add (local.get $to) (local.get $bytes)))
        (i32.store8 (i32.add (local.get $to) (local.get $bytes)) (i32.const 0xaa))
        (if (i32.ne (local.get $bytes)
              (call $set (call $ofAddress (i32.sub (local.get $to) (i32.const 3)) (i32.add (local.get $bytes) (i32.const 3)))
                (i32.const 3) (local.get $array) (i32.const 1) (local.get $count)))
          (then (unreachable)))
        (local.set $to (i32.add (local.get $to) (local.get $bytes)))
        (if (i32.ne (i32.load8_u (local.get $to)) (i32.const 0xaa)) (then (unreachable)))
        (br $next))))
    (local.get $to))

  ;; A text is its size and its bytes; a result is its length and its units of two bytes.
  (func (export "decode") (param $from i32) (param $texts i32) (param $to i32) (result i32)
    (local $array (ref null $units)) (local $bytes i32) (local $i i32)
    (loop $next
      (if (local.get $texts) (then
        (local.set $texts (i32.sub (local.get $texts) (i32.const 1)))
        (local.set $bytes (i32.load (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (local.set $array (call $get
          (call $ofAddress (i32.sub (local.get $from) (i32.const 1)) (i32.add (local.get $bytes) (i32.const 1)))
          (i32.const 1) (local.get $bytes)))
        (local.set $from (i32.add (local.get $from) (local.get $bytes)))
        (i32.store (local.get $to) (array.len (local.get $array)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $i (i32.const 0))
        (loop $unit
          (if (i32.lt_u (local.get $i) (array.len (local.get $array))) (then
            (i32.store16 (local.get $to) (array.get_u $units (local.get $array) (local.get $i)))
            (local.set $to (i32.add (local.get $to) (i32.const 2)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $unit))))
        (br $next))))
    (local.get $to)))
