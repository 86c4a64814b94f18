;; A thread that fills regions of random sizes in a shared memory, and checks that nobody else writes to them.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "env" "memory" (memory 1 65536 shared))
  (global $random (mut i32) (i32.const 1))

  (func $next (result i32)
    (global.set $random (i32.xor (global.get $random) (i32.shl (global.get $random) (i32.const 13))))
    (global.set $random (i32.xor (global.get $random) (i32.shr_u (global.get $random) (i32.const 17))))
    (global.set $random (i32.xor (global.get $random) (i32.shl (global.get $random) (i32.const 5))))
    (global.get $random))

  ;; A multiple of 8: mostly below 1 KiB, sometimes more than a page.
  (func $size (result i32)
    (local $random i32)
    (local.set $random (call $next))
    (i32.mul
      (i32.const 8)
      (if (result i32) (i32.and (local.get $random) (i32.const 0x1f00))
        (then (i32.add (i32.const 1) (i32.and (local.get $random) (i32.const 0x7f))))
        (else (i32.add (i32.const 1000) (i32.shr_u (local.get $random) (i32.const 18)))))))

  ;; The number of words of a segment that do not consist of the byte.
  (func $wrong (param $s {seg}) (param $bytes i32) (param $byte i32) (result i32)
    (local $at i32) (local $count i32)
    (loop $again
      (local.set $count
        (i32.add (local.get $count)
          (i64.ne
            (call $getLong (local.get $s) (local.get $at))
            (i64.mul (i64.extend_i32_u (local.get $byte)) (i64.const 0x0101010101010101)))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $bytes))))
    (local.get $count))

  (func (export "work") (param $seed i32) (param $rounds i32) (param $nests i32) (param $zeroed i32) (result i32)
    (local $outer i32) (local $inner i32) (local $wrong i32)
    (local $a {seg}) (local $b {seg}) (local $c {seg})
    (local $sa i32) (local $sb i32) (local $sc i32) (local $byte i32)
    (global.set $random (local.get $seed))
    (loop $again
      (local.set $byte (i32.and (call $next) (i32.const 0x7f)))
      (local.set $sa (call $size))
      (local.set $sb (call $size))
      (local.set $sc (call $size))
      (local.set $outer (call $new))
      (local.set $a (call $allocate (local.get $outer) (local.get $sa)))
      (if (local.get $zeroed)
        (then
          (local.set $wrong
            (i32.add (local.get $wrong) (call $wrong (local.get $a) (local.get $sa) (i32.const 0))))))
      (call $fill (local.get $a) (i32.const 0) (local.get $sa) (local.get $byte))
      (if (local.get $nests)
        (then
          (local.set $inner (call $new))
          (local.set $b (call $allocate (local.get $inner) (local.get $sb)))
          (call $fill (local.get $b) (i32.const 0) (local.get $sb) (i32.const 0xbb))
          (local.set $wrong
            (i32.add (local.get $wrong) (call $wrong (local.get $b) (local.get $sb) (i32.const 0xbb))))
          (call $free (local.get $inner))))
      (local.set $c (call $allocate (local.get $outer) (local.get $sc)))
      (call $fill (local.get $c) (i32.const 0) (local.get $sc) (i32.const 0xcc))
      (local.set $wrong
        (i32.add (local.get $wrong)
          (i32.add
            (call $wrong (local.get $a) (local.get $sa) (local.get $byte))
            (call $wrong (local.get $c) (local.get $sc) (i32.const 0xcc)))))
      (call $free (local.get $outer))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again (local.get $rounds)))
    (local.get $wrong))

  ;; A thread of the program that has pages of its own, which it asks for one by one. The result is the number of words of its
  ;; pages that others wrote to.
  (func (export "others") (param $pages i32) (result i32)
    (local $page i32) (local $first i32) (local $at i32) (local $wrong i32)
    (loop $again
      (local.set $page (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))
      (memory.fill (local.get $page) (i32.const 0xdd) (i32.const 65536))
      ;; The first four bytes of each page are the address of the page before it.
      (i32.store (local.get $page) (local.get $first))
      (local.set $first (local.get $page))
      (local.set $pages (i32.sub (local.get $pages) (i32.const 1)))
      (br_if $again (local.get $pages)))
    (loop $page
      (local.set $at (i32.const 8))
      (loop $word
        (local.set $wrong
          (i32.add (local.get $wrong)
            (i64.ne
              (i64.load (i32.add (local.get $first) (local.get $at)))
              (i64.const 0xdddddddddddddddd))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $word (i32.lt_u (local.get $at) (i32.const 65536))))
      (local.set $first (i32.load (local.get $first)))
      (br_if $page (local.get $first)))
    (local.get $wrong)))
