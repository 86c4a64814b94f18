;; Counts the lines, the words and the code points of a file. The file is read in blocks.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "wasi.fd_read" (func $fd_read (param i32 i64) (result i32 i32)))
  (import "linmem" "wasi.open" (func $open (param i64 i32) (result i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (import "linmem:utf8" "text.txt" (global $path i64))

  (global $lines (mut i32) (i32.const 0))
  (global $words (mut i32) (i32.const 0))
  (global $points (mut i32) (i32.const 0))
  ;; Whether the last byte belongs to a word.
  (global $inside (mut i32) (i32.const 0))

  (func (export "_start") (local $region i32) (local $block i64) (local $file i32) (local $count i32)
    (local.set $region (call $new))
    (local.set $block (call $allocate (local.get $region) (i32.const 65536)))
    (local.set $file (call $open (global.get $path) (i32.const 0)))
    (loop $read
      (call $fd_read (local.get $file) (local.get $block))
      (local.set $count)
      (if (then (unreachable)))
      (if (local.get $count)
        (then
          (call $block (call $slice (local.get $block) (i32.const 0) (local.get $count)) (local.get $count))
          (br $read))))
    (call $number (local.get $block) (global.get $lines))
    (call $number (local.get $block) (global.get $words))
    (call $number (local.get $block) (global.get $points))
    (call $free (local.get $region)))

  (func $block (param $block i64) (param $count i32)
    (local $i i32) (local $byte i32) (local $lines i32) (local $words i32) (local $points i32)
    (local $inside i32) (local $was i32)
    (local.set $was (global.get $inside))
    (loop $next
      (local.set $byte (call $getUByte (local.get $block) (local.get $i)))
      (local.set $lines (i32.add (local.get $lines) (i32.eq (local.get $byte) (i32.const 10))))
      (local.set $points
        (i32.add (local.get $points) (i32.ne (i32.and (local.get $byte) (i32.const 0xc0)) (i32.const 0x80))))
      ;; neither a space nor one of the controls from tab to carriage return
      (local.set $inside
        (i32.and
          (i32.ne (local.get $byte) (i32.const 32))
          (i32.ge_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 5))))
      (local.set $words (i32.add (local.get $words) (i32.gt_u (local.get $inside) (local.get $was))))
      (local.set $was (local.get $inside))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (global.set $inside (local.get $was))
    (global.set $lines (i32.add (global.get $lines) (local.get $lines)))
    (global.set $words (i32.add (global.get $words) (local.get $words)))
    (global.set $points (i32.add (global.get $points) (local.get $points))))

  ;; Writes a number in decimal digits, and a space.
  (func $number (param $block i64) (param $number i32) (local $at i32)
    (local.set $at (i32.const 15))
    (call $setByte (local.get $block) (i32.const 15) (i32.const 32))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (call $setByte (local.get $block) (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (br_if $digit (local.tee $number (i32.div_u (local.get $number) (i32.const 10)))))
    (drop (call $write_all (i32.const 1)
      (call $slice (local.get $block) (local.get $at) (i32.sub (i32.const 16) (local.get $at)))))))
