;;! --unwind release --oom null
;;! refused: 0
;; Without checks, a region can be opened before there is memory for home: then its handle is zero. An exception closes it, too.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (memory (export "memory") 1)
  (tag $oops)
  (func $throws (param $n i32) (if (local.get $n) (then (throw $oops))))
  (func $work (param $n i32) (local $a i32) (local $i i32)
    (call $throws (i32.eq (local.get $n) (i32.const 2)))
    (local.set $a (call $new))
    ;; If the memory does not grow at first, it does now.
    (loop $again
      (br_if $again (i64.eqz (call $allocate (local.get $a) (i32.const 1000)))))
    (call $throws (i32.eq (local.get $n) (i32.const 1)))
    (call $free (local.get $a)))
  (func $top (result i32) (local $a i32) (local $r i32)
    (local.set $a (call $new))
    (local.set $r (call $address (call $allocate (local.get $a) (i32.const 8))))
    (call $free (local.get $a))
    (local.get $r))
  ;; The offset of the next address in its page.
  (func (export "next") (param $n i32) (result i32)
    (block $h (try_table (catch $oops $h) (call $work (local.get $n))))
    (i32.and (call $top) (i32.const 0xffff))))

;; run unchecked: next(1) == 8
;; run unchecked: next(1) == 8
;; run unchecked: next(2) == 8
;; run unchecked: next(0) == 8
