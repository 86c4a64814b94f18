;;! --safety spatial
;;! representations: i64 anyref
;; A global may be seen from outside: what is written to it before a violation has been written.
;; violation: OutOfBounds straight(3)
;; run: seen() == 1
;; violation: OutOfBounds count(3)
;; run: seen() == 5
(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (global $g (export "g") (mut i32) (i32.const 0))
  (func $fields (param $t {seg})
    (drop (call $getByte (local.get $t) (i32.const 0)))
    (global.set $g (i32.const 1))
    (drop (call $getByte (local.get $t) (i32.const 4))))
  (func $loop (param $t {seg}) (local $i i32)
    (loop $l
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (drop (call $getByte (local.get $t) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 5)))))
  (func (export "straight") (param $bytes i32) (call $fields (call $ofAddress (i32.const 0) (local.get $bytes))))
  (func (export "count") (param $bytes i32) (call $loop (call $ofAddress (i32.const 0) (local.get $bytes))))
  (func (export "seen") (result i32) (global.get $g))
)
