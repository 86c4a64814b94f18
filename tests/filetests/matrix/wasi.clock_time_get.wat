;;! representations: i32 i64 anyref
;;! directories: files
;; The time of a clock. Clock 0, the time of day, is between 2020 and 2200; clock 1, which counts
;; from the start of the program, is not. A later call does not give an earlier time. Clock 2 is not supported (BADF).

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $raw (param i32 i64 i32) (result i32)))
  (import "linmem" "wasi.clock_time_get" (func $lifted (param i32 i64) (result i32 i64)))
  (import "linmem" "wasi.clock_time_get" (func $folded (param i32 i64) (result i64)))

  (func $raw_both (param $clock i32) (result i32 i64) (local $to {seg})
    (local.set $to (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $to) (i32.const 0) (i64.const 0))
    (call $raw (local.get $clock) (i64.const 1) (call $address (local.get $to)))
    (call $getLong (local.get $to) (i32.const 0)))

  ;; 1 for a time in nanoseconds since 1970 that is at or after the start of 2020 and before 2200.
  (func $is_date (param $time i64) (result i32)
    (i64.lt_u (i64.sub (local.get $time) (i64.const 1_577_836_800_000_000_000)) (i64.const 5_680_281_600_000_000_000)))

  (func (export "raw") (param $clock i32) (result i32 i32)
    (call $raw_both (local.get $clock)) (call $is_date))
  (func (export "lifted") (param $clock i32) (result i32 i32)
    (call $lifted (local.get $clock) (i64.const 1)) (call $is_date))
  (func (export "folded") (param $clock i32) (result i32)
    (call $is_date (call $folded (local.get $clock) (i64.const 1))))
  (func (export "folded_error") (param $clock i32) (result i64) (call $folded (local.get $clock) (i64.const 1)))

  ;; The lifted and the folded call, between two raw calls: 1 for each time that is not before the previous one.
  (func (export "in_order") (param $clock i32) (result i32 i32 i32)
    (local $first i64) (local $second i64) (local $third i64) (local $fourth i64) (local $to {seg})
    (local.set $to (call $allocate (call $new) (i32.const 8)))
    (drop (call $raw (local.get $clock) (i64.const 1) (call $address (local.get $to))))
    (local.set $first (call $getLong (local.get $to) (i32.const 0)))
    (call $lifted (local.get $clock) (i64.const 1)) (local.set $second) (drop)
    (local.set $third (call $folded (local.get $clock) (i64.const 1)))
    (drop (call $raw (local.get $clock) (i64.const 1) (call $address (local.get $to))))
    (local.set $fourth (call $getLong (local.get $to) (i32.const 0)))
    (i64.le_u (local.get $first) (local.get $second)) (i64.le_u (local.get $second) (local.get $third))
    (i64.le_u (local.get $third) (local.get $fourth))))

;; run: raw(0) == (0, 1)
;; run: lifted(0) == (0, 1)
;; run: folded(0) == 1
;; run: raw(1) == (0, 0)
;; run: lifted(1) == (0, 0)
;; run: folded(1) == 0
;; run: in_order(1) == (1, 1, 1)
;; run: raw(2) == (8, 0)
;; run: lifted(2) == (8, 0)
;; run: folded_error(2) == -8
