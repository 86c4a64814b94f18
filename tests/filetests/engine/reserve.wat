;;! --safety none
;;! representations: i32
;; Loops that allocate test once, before they begin, whether there is room. Both versions of a loop allocate the same addresses:
;; the memory has one page, and the address of what is allocated last is returned.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))

  ;; The index is decremented, and compared at the end.
  (func (export "down") (param $count i32) (result i32)
    (local $r i32) (local $last i32)
    (local.set $r (call $new))
    (loop $l
      (local.set $last (call $allocate (local.get $r) (i32.const 1024)))
      (br_if $l (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (call $free (local.get $r))
    (local.get $last))

  ;; The index is incremented, and compared first. The label of the branch out of the loop is one more.
  (func (export "up") (param $i i32) (param $count i32) (result i32)
    (local $r i32) (local $last i32)
    (local.set $r (call $new))
    (block $out
      (loop $l
        (br_if $out (i32.gt_u (local.get $i) (local.get $count)))
        (local.set $last (call $allocate (local.get $r) (i32.const 1024)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $l)))
    (call $free (local.get $r))
    (local.get $last))

  ;; The bound is assigned in the loop, so that the number of iterations is unknown.
  (func (export "moving") (param $count i32) (result i32)
    (local $r i32) (local $i i32) (local $last i32)
    (local.set $r (call $new))
    (loop $l
      (local.set $last (call $allocate (local.get $r) (i32.const 1024)))
      (local.set $count (i32.and (local.get $count) (i32.const 255)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (call $free (local.get $r))
    (local.get $last)))
;; The last address is 16 + 1024 * (count - 1). After 63 of them, one more does not fit in the first page.
;; run: down(1) == 16
;; run: down(63) == 63504
;; run: down(64) == 64528
;; run: down(65) == 65552
;; run: up(1, 0) == 0
;; run: up(1, 1) == 16
;; run: up(1, 63) == 63504
;; run: up(1, 64) == 64528
;; run: up(1, 200) == 203792
;; run: up(-3, -2) == 1040
;; run: moving(64) == 64528
