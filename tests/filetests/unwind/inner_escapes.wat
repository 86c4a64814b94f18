;;! --unwind release
;;! policies: stack outermost
;; A callee leaves a region open, since its handle is in a global. So the region around it stays open too: closing it would free what the program has not released.
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
  (global $g (mut i32) (i32.const 0))
  (global $s (mut i64) (i64.const 0))
  (func $opens (param $n i32) (local $b i32)
    (local.set $b (call $new))
    (global.set $g (local.get $b))
    (global.set $s (call $allocate (local.get $b) (i32.const 8)))
    (call $setInt (global.get $s) (i32.const 0) (i32.const 42))
    (call $throws (local.get $n))
    (call $free (local.get $b)))
  (func $work (param $n i32) (result i32) (local $a i32)
    (local.set $a (call $new))
    (drop (call $allocate (local.get $a) (i32.const 8)))
    (call $opens (local.get $n))
    (call $free (local.get $a))
    (i32.const 7))
  (func (export "kept") (result i32) (local $c i32)
    (block $h (result i32)
      (try_table (catch $oops $h) (drop (call $work (i32.const 1))))
      (i32.const 0))
    (drop)
    (local.set $c (call $new))
    (call $setInt (call $allocate (local.get $c) (i32.const 8)) (i32.const 0) (i32.const 1))
    (call $getInt (global.get $s) (i32.const 0)))
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
;; run: kept() == 42
