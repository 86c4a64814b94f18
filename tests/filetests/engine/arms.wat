;;! representations: i32 i64 anyref
;; An allocation cannot join a frame that the other arm began.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (func (export "run") (param $which i32) (result i32)
    (local $region i32) (local $a {seg}) (local $b {seg}) (local $c {seg})
    (local.set $region (call $new))
    (if (local.get $which)
      (then (local.set $a (call $allocate (local.get $region) (i32.const 2000))))
      (else (local.set $a (call $allocate (local.get $region) (i32.const 8)))))
    (local.set $b (call $allocate (local.get $region) (i32.const 8)))
    (call $setInt (local.get $a) (i32.const 0) (i32.const 1))
    (call $setInt (local.get $b) (i32.const 0) (i32.const 2))
    (call $getInt (local.get $a) (i32.const 0))))

;; run: run(0) == 1
;; run: run(1) == 1
