;;! representations: i64
;; Operands from all kinds of instructions: calls with several results, blocks with parameters, other intrinsics.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param i64 i32 i64 i32 i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))

  (func $three (param $s i64) (result i64 i32 i32) (local.get $s) (i32.const 4) (i32.const 77))
  (func $two (param $s i64) (result i64 i32) (local.get $s) (i32.const 4))

  (func $filled (result i64) (local $s i64)
    (local.set $s (call $allocate (call $new) (i32.const 100)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 100) (i32.const 0))
    (local.get $s))

  (func (export "several") (result i32) (local $s i64)
    (local.set $s (call $filled))
    (call $setInt (call $three (local.get $s)))
    (call $getInt (call $two (local.get $s))))

  (func (export "mixed") (result i32) (local $s i64)
    (local.set $s (call $filled))
    (call $two (local.get $s))
    (call $setInt (i32.const 5))
    (call $getInt (local.get $s) (i32.const 4)))

  (func (export "block") (result i32) (local $s i64)
    (local.set $s (call $filled))
    (local.get $s) (i32.const 8) (i32.const 6)
    (block (param i64 i32 i32) (call $setInt))
    (local.get $s) (i32.const 8)
    (block (param i64 i32) (result i32) (call $getInt)))

  (func (export "loop") (param $n i32) (result i32) (local $s i64)
    (local.set $s (call $filled))
    (local.get $s)
    (loop $again (param i64)
      (call $setInt (i32.const 4) (local.get $n))
      (local.get $s)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      (drop))
    (call $getInt (local.get $s) (i32.const 4)))

  ;; An allocation as the operand of another one: the inner one does not overwrite what the outer one has kept.
  (func (export "inner") (param $n i32) (result i32)
    (call $size
      (call $allocate (call $new)
        (call $size
          (call $allocate (call $new)
            (i32.add (local.get $n) (call $size (call $allocate (call $new) (local.get $n)))))))))

  (func (export "bulk") (param $n i32) (result i32) (local $s i64) (local $t i64)
    (local.set $s (call $filled))
    (local.set $t (call $filled))
    (call $fill
      (call $slice (local.get $s) (local.get $n) (i32.const 50))
      (call $size (call $slice (local.get $t) (i32.const 0) (local.get $n)))
      (local.get $n)
      (block (result i32)
        (call $fill (local.get $t) (local.get $n) (i32.const 9) (local.get $n))
        (call $fill (local.get $t) (local.get $n) (local.get $n) (local.get $n))
        (local.get $n)))
    (call $copy
      (local.get $t) (i32.const 50)
      (call $slice (local.get $s) (local.get $n) (i32.const 50)) (local.get $n)
      (i32.const 6))
    (call $getInt (local.get $t) (i32.const 50)))

  (func (export "constant") (result i32)
    (call $size (call $slice (call $ofAddress (i32.const 64) (i32.const 32)) (i32.const 8) (i32.const 16)))))

;; run: several() == 77
;; run: mixed() == 5
;; run: block() == 6
;; run: loop(5) == 1
;; run: inner(9) == 18
;; run: bulk(3) == 0x00030303
;; run: constant() == 16
