;;! --safety temporal --on-violation report
;;! representations: i64 anyref
;; A module that never opens a region can only use segments of other modules and of `ofAddress`.
(module
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (memory (export "memory") 1)
  (func $f (export "f") (param $offset i32) (result i32) (local $s {seg})
    (local.set $s (call $ofAddress (i32.const 64) (i32.const 8)))
    (call $fill (local.get $s) (i32.const 0) (i32.const 8) (i32.const 1))
    (call $getInt (local.get $s) (local.get $offset))))

;; run: f(4) == 0x01010101
;; report: f(5) == MemorySegment.getInt: bytes 5..9 of a segment of 8 bytes (at line 12, in $f)
