;;! --on-violation report
;;! representations: anyref eqref
;; Reports of references that are not segments.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.size" (func $size (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg}) (result i32 i32)))
  (type $alike (struct (field i32) (field i32)))
  (func $gets (export "gets") (result i32) (call $getInt (ref.null none) (i32.const 0)))
  (func $sets (export "sets") (param $o i32) (local $s {seg})
    (local.set $s (struct.new $alike (i32.const 0) (i32.const 100)))
    (call $setLong (local.get $s) (local.get $o) (i64.const 1)))
  (func $sizes (export "sizes") (result i32) (call $size (ref.i31 (i32.const 0))))
  (func $slices (export "slices") (result {seg}) (local $s {seg})
    (call $slice (local.get $s) (i32.const 0) (i32.const 0)))
  (func $copies (export "copies")
    (call $copy
      (call $allocate (call $new) (i32.const 4)) (i32.const 0) (ref.i31 (i32.const 0)) (i32.const 0) (i32.const 4)))
  (func $writes (export "writes") (result i32 i32) (call $fd_write (i32.const 1) (ref.null none))))

;; report: gets() == MemorySegment.getInt: the reference is null and does not refer to a segment (at line 14, in $gets)
;; report: sets(0) == MemorySegment.setLong: the reference does not refer to a segment of this module (at line 17, in $sets)
;; report: sizes() == MemorySegment.size: the reference does not refer to a segment of this module (at line 18, in $sizes)
;; report: slices() == MemorySegment.slice: the reference is null and does not refer to a segment (at line 20, in $slices)
;; report: copies() == MemorySegment.copy: the reference does not refer to a segment of this module (at line 22, in $copies)
;; report: writes() == wasi.fd_write: the reference is null and does not refer to a segment (at line 24, in $writes)
