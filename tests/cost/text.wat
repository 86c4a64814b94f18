;; Text of an array, encoded as UTF-8 and decoded, by intrinsics and by loops over its characters. The loops expect well-formed
;; text without surrogates.
(module
  (type $units (array (mut i16)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.allocateUtf8" (func $allocateUtf8 (param i32 (ref null $units) i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setUtf8" (func $setUtf8 (param i64 i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.getUtf8" (func $getUtf8 (param i64 i32 i32) (result (ref $units))))
  (import "linmem" "Text.utf8Size" (func $utf8Size (param (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param i64 i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getByte (param i64 i32) (result i32)))

  (global $array (mut (ref null $units)) (ref.null $units))
  (global $region (mut i32) (i32.const 0))
  (global $s (mut i64) (i64.const 0))
  (global $bytes (mut i32) (i32.const 0))

  ;; `other` in place of each unit whose index is a multiple of `each`.
  (func (export "prepare") (param $count i32) (param $other i32) (param $each i32) (local $i i32)
    (global.set $array (array.new $units (i32.const 0x61) (local.get $count)))
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $count)) (then
        (array.set $units (global.get $array) (local.get $i) (local.get $other))
        (local.set $i (i32.add (local.get $i) (local.get $each)))
        (br $next))))
    (global.set $region (call $new))
    (global.set $s (call $allocate (global.get $region) (i32.mul (local.get $count) (i32.const 3)))))

  (func (export "allocate") (param $count i32) (local $region i32)
    (local.set $region (call $new))
    (drop (call $allocateUtf8 (local.get $region) (global.get $array) (i32.const 0) (local.get $count)))
    (call $free (local.get $region)))

  (func (export "set") (param $count i32)
    (global.set $bytes (call $setUtf8 (global.get $s) (i32.const 0) (global.get $array) (i32.const 0) (local.get $count))))

  (func (export "set_loop") (param $count i32)
    (local $a (ref null $units)) (local $s i64) (local $i i32) (local $at i32) (local $u i32)
    (local.set $a (global.get $array))
    (local.set $s (global.get $s))
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $count)) (then
        (local.set $u (array.get_u $units (local.get $a) (local.get $i)))
        (if (i32.lt_u (local.get $u) (i32.const 0x80))
          (then
            (call $setByte (local.get $s) (local.get $at) (local.get $u))
            (local.set $at (i32.add (local.get $at) (i32.const 1))))
          (else (if (i32.lt_u (local.get $u) (i32.const 0x800))
            (then
              (call $setByte (local.get $s) (local.get $at) (i32.or (i32.const 0xc0) (i32.shr_u (local.get $u) (i32.const 6))))
              (call $setByte (local.get $s) (i32.add (local.get $at) (i32.const 1))
                (i32.or (i32.const 0x80) (i32.and (local.get $u) (i32.const 0x3f))))
              (local.set $at (i32.add (local.get $at) (i32.const 2))))
            (else
              (call $setByte (local.get $s) (local.get $at) (i32.or (i32.const 0xe0) (i32.shr_u (local.get $u) (i32.const 12))))
              (call $setByte (local.get $s) (i32.add (local.get $at) (i32.const 1))
                (i32.or (i32.const 0x80) (i32.and (i32.shr_u (local.get $u) (i32.const 6)) (i32.const 0x3f))))
              (call $setByte (local.get $s) (i32.add (local.get $at) (i32.const 2))
                (i32.or (i32.const 0x80) (i32.and (local.get $u) (i32.const 0x3f))))
              (local.set $at (i32.add (local.get $at) (i32.const 3)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
    (global.set $bytes (local.get $at)))

  (func (export "get") (param $count i32)
    (global.set $array (call $getUtf8 (global.get $s) (i32.const 0) (global.get $bytes))))

  (func (export "get_loop") (param $count i32)
    (local $a (ref null $units)) (local $s i64) (local $i i32) (local $at i32) (local $b i32)
    (local.set $a (array.new_default $units (local.get $count)))
    (local.set $s (global.get $s))
    (loop $next
      (if (i32.lt_u (local.get $at) (global.get $bytes)) (then
        (local.set $b (call $getByte (local.get $s) (local.get $at)))
        (if (i32.lt_u (local.get $b) (i32.const 0x80))
          (then (local.set $at (i32.add (local.get $at) (i32.const 1))))
          (else (if (i32.lt_u (local.get $b) (i32.const 0xe0))
            (then
              (local.set $b (i32.or (i32.shl (i32.and (local.get $b) (i32.const 0x1f)) (i32.const 6))
                (i32.and (call $getByte (local.get $s) (i32.add (local.get $at) (i32.const 1))) (i32.const 0x3f))))
              (local.set $at (i32.add (local.get $at) (i32.const 2))))
            (else
              (local.set $b (i32.or
                (i32.or (i32.shl (i32.and (local.get $b) (i32.const 0xf)) (i32.const 12))
                  (i32.shl (i32.and (call $getByte (local.get $s) (i32.add (local.get $at) (i32.const 1))) (i32.const 0x3f))
                    (i32.const 6)))
                (i32.and (call $getByte (local.get $s) (i32.add (local.get $at) (i32.const 2))) (i32.const 0x3f))))
              (local.set $at (i32.add (local.get $at) (i32.const 3)))))))
        (array.set $units (local.get $a) (local.get $i) (local.get $b))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
    (global.set $array (local.get $a)))

  (func (export "size") (param $count i32)
    (global.set $bytes (call $utf8Size (global.get $array) (i32.const 0) (local.get $count))))

  (func (export "size_loop") (param $count i32)
    (local $a (ref null $units)) (local $i i32) (local $size i32) (local $u i32)
    (local.set $a (global.get $array))
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $count)) (then
        (local.set $u (array.get_u $units (local.get $a) (local.get $i)))
        (if (i32.lt_u (local.get $u) (i32.const 0x80))
          (then (local.set $size (i32.add (local.get $size) (i32.const 1))))
          (else (if (i32.lt_u (local.get $u) (i32.const 0x800))
            (then (local.set $size (i32.add (local.get $size) (i32.const 2))))
            (else (local.set $size (i32.add (local.get $size) (i32.const 3)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
    (global.set $bytes (local.get $size)))

  ;; Stores each unit as it is, in two bytes: it does not encode.
  (func (export "store_loop") (param $count i32) (local $a (ref null $units)) (local $s i64) (local $i i32)
    (local.set $a (global.get $array))
    (local.set $s (global.get $s))
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $count)) (then
        (call $setShort (local.get $s) (i32.shl (local.get $i) (i32.const 1))
          (array.get_u $units (local.get $a) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))))

  ;; A number that depends on each byte of the segment and each unit of the array.
  (func (export "sum") (param $count i32) (result i64) (local $i i32) (local $sum i64)
    (loop $bytes
      (if (i32.lt_u (local.get $i) (global.get $bytes)) (then
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31))
          (i64.extend_i32_u (call $getByte (global.get $s) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $bytes))))
    (local.set $i (i32.const 0))
    (loop $units
      (if (i32.lt_u (local.get $i) (array.len (global.get $array))) (then
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31))
          (i64.extend_i32_u (array.get_u $units (global.get $array) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $units))))
    (local.get $sum)))
