;;! --safety temporal
;;! representations: i64 anyref
;;! shown: i64
;; A region in two chunks, with pages between them that other code grew: these are never free.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "test" "grow" (func $grow (param i32) (result i32)))
  (func (export "two") (param $o i32) (result i32 i32) (local $r i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 60000)))
    (drop (call $grow (i32.const 1)))
    (local.set $t (call $allocate (local.get $r) (i32.const 10000)))
    (call $setByte (local.get $s) (local.get $o) (i32.const 5))
    (call $setByte (local.get $t) (local.get $o) (i32.const 6))
    (call $address (local.get $t))
    (i32.add (call $getByte (local.get $s) (local.get $o)) (call $getByte (local.get $t) (local.get $o)))
    (call $free (local.get $r)))
  (func (export "inner") (param $o i32) (result i32) (local $r i32) (local $i i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 60000)))
    (local.set $i (call $new))
    (local.set $t (call $allocate (local.get $i) (i32.const 10000)))
    (call $free (local.get $i))
    (call $setByte (local.get $s) (local.get $o) (i32.const 5))
    (call $getByte (local.get $t) (local.get $o)))
  (func (export "first") (param $o i32) (result i32) (local $r i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 60000)))
    (local.set $t (call $allocate (local.get $r) (i32.const 10000)))
    (call $free (local.get $r))
    (call $getByte (local.get $s) (local.get $o)))
  (func (export "foreign") (param $address i32) (result i32)
    (call $getByte (call $ofAddress (local.get $address) (i32.const 1)) (i32.const 0)))
  ;; The same while a region is open in the second chunk, so that these pages are below top and not above it.
  (func (export "foreign_inside") (param $address i32) (result i32) (local $r i32) (local $s {seg}) (local $t {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 60000)))
    (local.set $t (call $allocate (local.get $r) (i32.const 10000)))
    (call $getByte (call $ofAddress (local.get $address) (i32.const 1)) (i32.const 0))
    (call $free (local.get $r))))

;; run: two(0) == (131080, 11)
;; run: two(9999) == (131080, 11)
;; run: foreign(65536) == 0
;; run: foreign(131071) == 0
;; run: foreign_inside(65536) == 0
;; run: foreign_inside(131071) == 0
;; violation: UseAfterFree inner(0)
;; violation: UseAfterFree inner(9999)
