;;! --unwind release
;; A region that is opened, used and closed by functions that only pass on, and return a constant.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (tag $oops (param i32))
  (func $throws (param $n i32) (if (local.get $n) (then (throw $oops (local.get $n)))))
  (func $open (param f64) (result i32) (call $new))
  (func $sixteen (param i32) (result i64) (call $allocate (local.get 0) (i32.const 16)))
  (func $close (param i32) (result i32) (call $free (local.get 0)) (i32.const 0))
  (func $close_again (param i32 i32) (call $close (local.get 0)) (drop))
  (func $work (param $n i32) (local $a i32)
    (drop (call $sixteen (local.tee $a (call $open (f64.const 1)))))
    (call $throws (i32.eq (local.get $n) (i32.const 1)))
    (call $close_again (local.get $a) (local.get $n))
    (call $throws (i32.eq (local.get $n) (i32.const 2))))
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
          (call $work (local.get $n)))
        (br $done))
      (local.set $thrown (i32.const 1000000)))
    (i32.add (i32.sub (call $top) (local.get $before)) (local.get $thrown))))

;; run: leak(0) == 0
;; run: leak(1) == 1000000
;; run: leak(2) == 1000000
