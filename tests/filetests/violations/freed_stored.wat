;;! --safety temporal
;;! representations: anyref eqref
;; Segments in a global, in a table, in a structure, and in an array.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (type $box (struct (field (mut {seg}))))
  (type $list (array (mut {seg})))
  (table $table 2 {seg})
  (global $kept (mut {seg}) (ref.null none))
  (global $box (mut (ref null $box)) (ref.null $box))
  (global $list (mut (ref null $list)) (ref.null $list))
  (global $r (mut i32) (i32.const 0))
  (func (export "open")
    (global.set $r (call $new))
    (global.set $kept (call $allocate (global.get $r) (i32.const 8)))
    (table.set $table (i32.const 1) (global.get $kept))
    (global.set $box (struct.new $box (global.get $kept)))
    (global.set $list (array.new $list (global.get $kept) (i32.const 3))))
  (func (export "close") (call $free (global.get $r)))
  (func (export "of_global") (param $o i32) (result i32)
    (call $setInt (global.get $kept) (local.get $o) (i32.const 3))
    (call $getInt (global.get $kept) (local.get $o)))
  (func (export "of_table") (param $at i32) (result i32)
    (call $getInt (table.get $table (local.get $at)) (i32.const 4)))
  (func (export "of_box") (param $o i32) (result i32)
    (call $getInt (struct.get $box 0 (global.get $box)) (local.get $o)))
  (func (export "of_list") (param $at i32) (result i32)
    (call $getInt (array.get $list (global.get $list) (local.get $at)) (i32.const 4))))

;; violation: Forged of_global(0)
;; violation: Forged of_table(1)
;; trap: of_box(0)
;; run: open() == ()
;; run: of_global(4) == 3
;; run: of_table(1) == 3
;; violation: Forged of_table(0)
;; trap: of_table(2)
;; run: of_box(4) == 3
;; violation: OutOfBounds of_box(5)
;; run: of_list(2) == 3
;; trap: of_list(3)
;; run: close() == ()
;; violation: UseAfterFree of_global(4)
;; violation: UseAfterFree of_table(1)
;; violation: UseAfterFree of_box(0)
;; violation: UseAfterFree of_list(0)
;; run: open() == ()
;; run: of_list(1) == 3
