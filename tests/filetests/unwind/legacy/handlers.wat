;;! --unwind release
;; Handlers with operands close the region that they do not read. One rethrows.
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
  (func $work (export "value") (param $n i32) (result i32) (local $a i32)
    try (result i32)
      (local.set $a (call $new))
      (drop (call $allocate (local.get $a) (i32.const 1000)))
      (call $throws (i32.and (local.get $n) (i32.const 3)))
      (if (i32.eq (local.get $n) (i32.const 4)) (then (throw $other)))
      (call $free (local.get $a))
      (i32.const 7)
    catch $oops
      (i32.add (i32.const 10))
    catch_all
      (rethrow 0)
    end)
  ;; The next address: it is the same as before if no region was left open.
  (func $top (result i32) (local $a i32) (local $r i32)
    (local.set $a (call $new))
    (local.set $r (call $address (call $allocate (local.get $a) (i32.const 8))))
    (call $free (local.get $a))
    (local.get $r))
  ;; How many bytes a call of `$work` that may throw leaves allocated; 1000000 if it throws.
  (func $leak (export "leak") (param $n i32) (result i32) (local $before i32) (local $thrown i32)
    (local.set $before (call $top))
    try
      (drop (call $work (local.get $n)))
    catch_all
      (local.set $thrown (i32.const 1000000))
    end
    (i32.add (i32.sub (call $top) (local.get $before)) (local.get $thrown))))

;; run: leak(0) == 0
;; run: leak(1) == 0
;; run: leak(4) == 1000000
;; run: value(0) == 7
;; run: value(2) == 12
