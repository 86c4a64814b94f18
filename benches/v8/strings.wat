;; Strings of JavaScript as UTF-8 and back, for text.mjs: by intrinsics, by an array, and by a loop over the characters. The loop
;; expects text without surrogates.
(module
  (type $units (array (mut i16)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.allocateUtf8" (func $allocateUtf8 (param i32 externref i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setUtf8" (func $setUtf8 (param i64 i32 externref i32 i32) (result i32)))
  (import "linmem" "MemorySegment.setUtf8" (func $setArray (param i64 i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.getUtf8" (func $getUtf8 (param i64 i32 i32) (result externref)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "wasm:js-string" "charCodeAt" (func $charCodeAt (param externref i32) (result i32)))
  (import "wasm:js-string" "intoCharCodeArray" (func $into (param externref (ref null $units) i32) (result i32)))
  (memory (export "memory") 4)

  (global $region (mut i32) (i32.const 0))
  (global $s (mut i64) (i64.const 0))
  (func $start
    (global.set $region (call $new))
    (global.set $s (call $allocate (global.get $region) (i32.const 49152))))
  (start $start)
  (func (export "address") (result i32) (i32.wrap_i64 (global.get $s)))

  (func (export "allocate") (param $text externref) (param $count i32) (local $region i32)
    (local.set $region (call $new))
    (drop (call $allocateUtf8 (local.get $region) (local.get $text) (i32.const 0) (local.get $count)))
    (call $free (local.get $region)))

  (func (export "set") (param $text externref) (param $count i32) (result i32)
    (call $setUtf8 (global.get $s) (i32.const 0) (local.get $text) (i32.const 0) (local.get $count)))

  (func (export "get") (param $bytes i32) (result externref)
    (call $getUtf8 (global.get $s) (i32.const 0) (local.get $bytes)))

  (func (export "set_by_array") (param $text externref) (param $count i32) (result i32) (local $a (ref null $units))
    (local.set $a (array.new_default $units (local.get $count)))
    (drop (call $into (local.get $text) (local.get $a) (i32.const 0)))
    (call $setArray (global.get $s) (i32.const 0) (local.get $a) (i32.const 0) (local.get $count)))

  (func (export "set_loop") (param $text externref) (param $count i32) (result i32)
    (local $s i64) (local $i i32) (local $at i32) (local $u i32)
    (local.set $s (global.get $s))
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $count)) (then
        (local.set $u (call $charCodeAt (local.get $text) (local.get $i)))
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
    (local.get $at)))
