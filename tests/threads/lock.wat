;; Threads that count together: with an atomic addition, and under a lock that sleeps while another thread has it.

(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getAndAddInt" (func $getAndAdd (param {seg} i32 i32) (result i32)))
  (import "linmem" "MemorySegment.getAndSetInt" (func $getAndSet (param {seg} i32 i32) (result i32)))
  (import "linmem" "MemorySegment.compareAndSetInt" (func $compareAndSet (param {seg} i32 i32 i32) (result i32)))
  (import "linmem" "MemorySegment.waitInt" (func $wait (param {seg} i32 i32 i64) (result i32)))
  (import "linmem" "MemorySegment.notify" (func $notify (param {seg} i32 i32) (result i32)))
  (import "env" "memory" (memory 1 65536 shared))

  ;; The lock is 0 if it is free, 1 if a thread has it, and 2 if others may wait for it.
  (func $lock (param $s {seg})
    (if (call $compareAndSet (local.get $s) (i32.const 0) (i32.const 0) (i32.const 1)) (then (return)))
    (loop $again
      (if (i32.eqz (call $getAndSet (local.get $s) (i32.const 0) (i32.const 2))) (then (return)))
      (drop (call $wait (local.get $s) (i32.const 0) (i32.const 2) (i64.const -1)))
      (br $again)))
  (func $unlock (param $s {seg})
    (if (i32.eq (call $getAndSet (local.get $s) (i32.const 0) (i32.const 0)) (i32.const 2))
      (then (drop (call $notify (local.get $s) (i32.const 0) (i32.const 1))))))

  (func (export "count") (param $times i32) (result i32)
    (local $s {seg})
    (local.set $s (call $ofAddress (i32.const 1024) (i32.const 16)))
    (loop $again
      (call $lock (local.get $s))
      (call $setInt (local.get $s) (i32.const 4) (i32.add (call $getInt (local.get $s) (i32.const 4)) (i32.const 1)))
      (call $unlock (local.get $s))
      (drop (call $getAndAdd (local.get $s) (i32.const 8) (i32.const 1)))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))
    (i32.const 0))
  ;; The two counts, which must be equal.
  (func (export "locked") (param i32) (result i32)
    (call $getInt (call $ofAddress (i32.const 1024) (i32.const 16)) (i32.const 4)))
  (func (export "added") (param i32) (result i32)
    (call $getInt (call $ofAddress (i32.const 1024) (i32.const 16)) (i32.const 8))))
