;;! --oom null
;;! representations: i32 i64
;;! pages: 2
;; If an allocation fails, the segment is null, and top is unchanged.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 {seg} {bytes}) (result i32 i32)))

  (func (export "dynamic") (param $bytes i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (local.get $bytes)))
    (call $free (local.get $r))
    (if (result i32) ({seg}.eqz (local.get $s)) (then (i32.const -1)) (else (call $address (local.get $s)))))
  (func (export "aligned") (param $bytes i32) (param $alignment i32) (result i32) (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $aligned (local.get $r) (local.get $bytes) (local.get $alignment)))
    (call $free (local.get $r))
    (if (result i32) ({seg}.eqz (local.get $s)) (then (i32.const -1)) (else (call $address (local.get $s)))))
  ;; Constant sizes: some allocations succeed, one fails, and then one succeeds again.
  (func (export "constants") (result i32 i32 i32 i32) (local $r i32) (local $a {seg}) (local $b {seg}) (local $c {seg}) (local $d {seg})
    (local.set $r (call $new))
    (local.set $a (call $allocate (local.get $r) (i32.const 65000)))
    (local.set $b (call $allocate (local.get $r) (i32.const 60000)))
    (local.set $c (call $allocate (local.get $r) (i32.const 10000)))
    (local.set $d (call $aligned (local.get $r) (i32.const 16) (i32.const 64)))
    (call $setInt (local.get $d) (i32.const 12) (i32.const 1))
    (call $free (local.get $r))
    (i32.eqz ({seg}.eqz (local.get $a)))
    (i32.eqz ({seg}.eqz (local.get $b)))
    (i32.eqz ({seg}.eqz (local.get $c)))
    (call $address (local.get $d)))
  (func (export "full") (result i32 i32) (local $r i32) (local $s {seg}) (local $errno i32) (local $count i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 131048)))
    (call $write (i32.const 1) (local.get $s) {size:131048})
    (local.set $count)
    (local.set $errno)
    (call $free (local.get $r))
    (local.get $errno)
    (local.get $count)))

;; run: dynamic(0) == 16
;; run: dynamic(8) == 16
;; run: dynamic(65520) == 16
;; run: dynamic(131056) == 16
;; run: dynamic(131057) == -1
;; run: dynamic(0x7fffffff) == -1
;; run: dynamic(0x80000000) == -1
;; run: dynamic(0xfffffff7) == -1
;; run: dynamic(0xfffffff8) == -1
;; run: dynamic(0xffffffff) == -1
;; run: aligned(8, 65536) == 65536
;; run: aligned(65536, 65536) == 65536
;; run: aligned(65537, 65536) == -1
;; run: aligned(0xffffffff, 65536) == -1
;; run: aligned(0xfffffff8, 1) == -1
;; run: constants() == (1, 1, 0, 125056)
;; run: full() == (48, 0)
;; run: dynamic(8) == 16
