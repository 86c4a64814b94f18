;;! --safety temporal --on-violation report
;;! representations: anyref eqref structref (ref any) (ref eq) (ref struct)
;; All reference types of segments have the same checks and the same reports.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg}) (result i32 i32)))
  (func $part (param $s {seg}) (param $bytes i32) (result {seg})
    (call $slice (local.get $s) (i32.const 8) (local.get $bytes)))
  (func $gets (param $s {seg}) (param $o i32) (result i32)
    (call $getInt (local.get $s) (local.get $o)))
  (func $bounds (export "bounds") (param $o i32) (param $bytes i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $gets (call $part (call $allocate (local.get $r) (i32.const 16)) (local.get $bytes)) (local.get $o))
    (call $free (local.get $r)))
  (func $freed (export "freed") (param $o i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $free (local.get $r))
    (call $gets (local.get $s) (local.get $o)))
  (func $twice (export "twice") (param $o i32) (local $r i32) (local $s {seg})
    (local.set $s (call $allocate (local.tee $r (call $new)) (i32.const 16)))
    (call $setByte (local.get $s) (local.get $o) (i32.const 1))
    (call $free (local.get $r))
    (call $setByte (local.get $s) (local.get $o) (i32.const 2)))
  (func $writes (export "writes") (result i32 i32) (local $r i32) (local $s {seg})
    (local.set $s (call $part (call $allocate (local.tee $r (call $new)) (i32.const 16)) (i32.const 4)))
    (call $free (local.get $r))
    (call $fd_write (i32.const 1) (local.get $s))))

;; run: bounds(4, 8) == 0
;; report: bounds(5, 8) == MemorySegment.getInt: bytes 5..9 of a segment of 8 bytes (at line 16, in $gets)
;; report: bounds(0, 9) == MemorySegment.slice: bytes 8..17 of a segment of 16 bytes (at line 14, in $part)
;; report: freed(12) == MemorySegment.getInt: the 4 bytes at address 84 of a freed segment (at line 16, in $gets)
;; report: freed(13) == MemorySegment.getInt: bytes 13..17 of a segment of 16 bytes (at line 16, in $gets)
;; report: twice(15) == MemorySegment.setByte: the byte at address 87 of a freed segment (at line 29, in $twice)
;; report: writes() == wasi.fd_write: the 4 bytes at address 80 of a freed segment (at line 33, in $writes)

;; The functions that it calls stay functions.
;;! calls: wrappers
