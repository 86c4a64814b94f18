;;! --unwind release
;; A `try_table` with parameters and results, operands below it, and clauses of every kind.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (tag $oops (param i32))
  (tag $other)
  (func $throws (param $n i32) (if (local.get $n) (then (throw $oops (local.get $n)))))
  (func $work (param $n i32) (result i32) (local $a i32)
    (i32.const 100)
    (block $out (result i32)
      (block $one (result i32)
        (block $ref (result exnref)
          (block $all
            (i32.const 10) (local.get $n)
            (try_table (param i32 i32) (result i32) (catch $oops $one) (catch_ref $other $ref) (catch_all $all)
              (local.set $a (call $new))
              (drop (call $allocate (local.get $a) (i32.const 64)))
              (call $throws)
              (if (i32.eq (local.get $n) (i32.const 0)) (then (throw $other)))
              (call $free (local.get $a)))
            (br $out))
          (br $out (i32.const 1)))
        (drop)
        (br $out (i32.const 2)))
      (i32.add (i32.const 3)))
    (i32.add))
  (func (export "value") (param $n i32) (result i32) (call $work (local.get $n)))
  ;; The next address: it is the same as before if no region was left open.
  (func $top (result i32) (local $a i32) (local $r i32)
    (local.set $a (call $new))
    (local.set $r (call $address (call $allocate (local.get $a) (i32.const 8))))
    (call $free (local.get $a))
    (local.get $r))
  ;; How many bytes a call of `$work` that may throw leaves allocated; 1000000 if it throws.
  (func $leak (export "leak") (param $n i32) (result i32) (local $before i32) (local $thrown i32)
    (local.set $before (call $top))
    (block $done
      (block $h
        (try_table (catch_all $h)
          (drop (call $work (local.get $n))))
        (br $done))
      (local.set $thrown (i32.const 1000000)))
    (i32.add (i32.sub (call $top) (local.get $before)) (local.get $thrown))))

;; run: leak(0) == 0
;; run: leak(3) == 0
;; run: value(0) == 102
;; run: value(3) == 106
