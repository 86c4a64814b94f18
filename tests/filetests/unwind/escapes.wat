;;! --unwind release
;; The handle is passed to a function, stored, or returned: the program closes the region itself.
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
  (func $use (param $a i32) (drop (call $allocate (local.get $a) (i32.const 16))))
  (func $work (param $n i32) (result i32) (local $a i32)
    (local.set $a (call $new))
    (global.set $g (local.get $a))
    (call $use (local.get $a))
    (call $throws (local.get $n))
    (call $free (local.get $a))
    (i32.const 7))
  (func (export "close") (result i32) (call $free (global.get $g)) (i32.const 1))
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

;; The functions that it calls stay functions.
;;! calls: wrappers
