;;! --safety temporal --base 70000
;;! representations: i64 anyref
;; Segments of one address in a local: their checks become one, and no structure is made.
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "fields") (param $at i32) (result i32)
    (i32.add
      (call $getInt (call $ofAddress (local.get $at) (i32.const 24)) (i32.const 4))
      (call $getInt (call $ofAddress (local.get $at) (i32.const 16)) (i32.const 12))))
  (func (export "assigned") (param $at i32) (result i32)
    (drop (call $getInt (call $ofAddress (local.get $at) (i32.const 24)) (i32.const 4)))
    (local.set $at (i32.sub (local.get $at) (i32.const 16)))
    (call $getInt (call $ofAddress (local.get $at) (i32.const 24)) (i32.const 4)))
  (func (export "slice") (param $at i32) (result i32)
    (call $getInt (call $slice (call $ofAddress (local.get $at) (i32.const 24)) (i32.const 4) (i32.const 8)) (i32.const 0))))

;; run: fields(0) == 0
;; run: fields(69984) == 0
;; violation: OutOfBounds fields(4294967273)
;; trap: fields(4294967272)
;; run: assigned(16) == 0
;; violation: OutOfBounds assigned(15)
;; trap: assigned(4294967272)
;; run: slice(65536) == 0
;; violation: OutOfBounds slice(4294967280)
