;;! representations: i64
;; Functions that only pass on are lowered where they are called.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))

  (func $open (result i32) (return_call $new))
  (func $close (param i32) (result i32) (call $free (local.get 0)) (i32.const 0))
  (func $sixteen (param i32) (result i64) (call $allocate (local.get 0) (i32.const 16)))
  (func $value_first (param i32 i64) (call $setInt (local.get 1) (i32.const 4) (local.get 0)))
  (func $value_last (param i64 i32 f64) (call $value_first (local.get 1) (local.get 0)))
  (func $wide (param i64) (result i64) (i64.extend_i32_s (call $getInt (local.get 0) (i32.const 4))))

  (func (export "run") (param $value i32) (result i64)
    (local $r i32) (local $s i64)
    (local.set $s (call $sixteen (local.tee $r (call $open))))
    (call $value_last (local.get $s) (local.get $value) (f64.const 1))
    (call $wide (local.get $s))
    (drop (call $close (local.get $r))))

  ;; An argument is the value that its local had.
  (func (export "assigned") (param $value i32) (result i64)
    (local $r i32) (local $s i64)
    (local.set $s (call $sixteen (local.tee $r (call $open))))
    (call $value_first (local.get $value) (local.get $s) (local.set $value (i32.const 9)))
    (call $value_first
      (i32.add (local.get $value) (call $getInt (local.get $s) (i32.const 4)))
      (local.get $s))
    (call $wide (local.get $s))
    (drop (call $close (local.get $r)))))

;; run: run(-5) == (-5)
;; run: assigned(100) == (109)
