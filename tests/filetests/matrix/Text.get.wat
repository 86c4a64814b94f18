;;! representations: i32 i64 anyref
;;! shown: i64
;;! functions: utf8
;; The text is checked as any other access, and decoded by a helper.

(module
  (type $units (array (mut i16)))
  (type $latin (array (mut i8)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUtf8" (func $utf8 (param {seg} i32 i32) (result (ref $units))))
  (import "linmem" "MemorySegment.getWtf8" (func $wtf8 (param {seg} i32 i32) (result (ref null $units))))
  (import "linmem" "MemorySegment.getLatin1" (func $latin1 (param {seg} i32 i32) (result (ref $units))))
  (import "linmem" "MemorySegment.getUtf8" (func $narrow (param {seg} i32 i32) (result (ref $latin))))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))

  (func (export "utf8") (param $s {seg}) (param $at i32) (param $bytes i32) (result (ref $units))
    (call $utf8 (local.get $s) (local.get $at) (local.get $bytes)))

  (func $segment (param $bytes i64) (result {seg}) (local $s {seg})
    (local.set $s (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (local.get $bytes))
    (local.get $s))
  (func (export "run") (param $bytes i64) (param $at i32) (param $count i32) (param $i i32) (result i32 i32)
    (local $a (ref null $units))
    (local.set $a (call $utf8 (call $segment (local.get $bytes)) (local.get $at) (local.get $count)))
    (array.len (local.get $a)) (array.get_u $units (local.get $a) (local.get $i)))
  (func (export "lone") (param $bytes i64) (param $i i32) (result i32)
    (array.get_u $units (call $wtf8 (call $segment (local.get $bytes)) (i32.const 0) (i32.const 6)) (local.get $i)))
  (func (export "latin1") (param $bytes i64) (param $i i32) (result i32)
    (array.get_u $units (call $latin1 (call $segment (local.get $bytes)) (i32.const 1) (i32.const 7)) (local.get $i)))
  (func (export "narrow") (param $bytes i64) (param $i i32) (result i32)
    (array.get_u $latin (call $narrow (call $segment (local.get $bytes)) (i32.const 0) (i32.const 8)) (local.get $i)))
  (func (export "none") (result i32)
    (array.len (call $utf8 (call $segment (i64.const 0)) (i32.const 8) (i32.const 0)))))

;; run: run(0x80989ff082e261, 0, 7, 1) == (4, 0xfffd)
;; run: run(0x80989ff082e261, 0, 7, 2) == (4, 0xd83d)
;; run: run(0x80989ff082e261, 0, 7, 3) == (4, 0xde00)
;; run: run(0x4847464544434241, 0, 8, 7) == (8, 0x48)
;; run: run(0xac82e2bfbbef, 0, 6, 0) == (2, 0xfeff)
;; run: lone(0x80b8edbda0ed, 0) == 0xd83d
;; run: lone(0x80b8edbda0ed, 1) == 0xde00
;; run: latin1(0xff00, 0) == 0xff
;; run: narrow(0x61ac82e2a9c3, 0) == 0xe9
;; run: narrow(0x61ac82e2a9c3, 1) == 0x3f
;; run: none() == 0
;; violation checked: OutOfBounds run(0, 1, 8, 0)
;; violation checked: OutOfBounds run(0, 9, 0, 0)
;; violation checked: OutOfBounds run(0, 1, 0xffffffff, 0)
