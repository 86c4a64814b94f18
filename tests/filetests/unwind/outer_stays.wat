;;! --unwind release
;;! policies: stack outermost
;; A handler inside a region: the regions inside the try are closed, the region around it stays open and is used.
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
  (func $work (param $n i32) (result i32) (local $a i32) (local $b i32) (local $s i64) (local $r i32)
    (local.set $a (call $new))
    (local.set $s (call $allocate (local.get $a) (i32.const 8)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 41))
    (block $done
      (block $h
        (try_table (catch_all $h)
          (local.set $b (call $new))
          (drop (call $allocate (local.get $b) (i32.const 1000)))
          (call $throws (i32.eq (local.get $n) (i32.const 1)))
          (call $free (local.get $b)))
        (br $done))
      (call $throws (i32.eq (local.get $n) (i32.const 3))))
    (call $setInt (call $allocate (local.get $a) (i32.const 8)) (i32.const 0) (i32.const 1))
    (call $throws (i32.eq (local.get $n) (i32.const 2)))
    (local.set $r (call $getInt (local.get $s) (i32.const 0)))
    (call $free (local.get $a))
    (local.get $r))
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
;; run: leak(1) == 0
;; run: leak(2) == 1000000
;; run: value(0) == 41
;; run: value(1) == 41
