;;! representations: i32 i64 anyref
;;! directories: files
;; The resolution of a clock. It is above 0 and at most a second, and the raw and the lifted function give the same. The
;; clocks 2 and 3 are not supported (BADF). For a clock 9, the host traps.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.clock_res_get" (func $lifted (param i32) (result i32 i64)))
  (import "linmem" "wasi.clock_res_get" (func $folded (param i32) (result i64)))

  (func $raw_both (param $clock i32) (result i32 i64) (local $to {seg})
    (local.set $to (call $allocate (call $new) (i32.const 8)))
    (call $setLong (local.get $to) (i32.const 0) (i64.const 0))
    (call $raw (local.get $clock) (call $address (local.get $to)))
    (call $getLong (local.get $to) (i32.const 0)))

  ;; 1 for a possible resolution.
  (func $is_plausible (param $resolution i64) (result i32)
    (i64.lt_u (i64.sub (local.get $resolution) (i64.const 1)) (i64.const 1_000_000_000)))

  (func (export "raw") (param $clock i32) (result i32 i32)
    (call $raw_both (local.get $clock)) (call $is_plausible))
  (func (export "lifted") (param $clock i32) (result i32 i32)
    (call $lifted (local.get $clock)) (call $is_plausible))
  (func (export "folded") (param $clock i32) (result i32)
    (call $is_plausible (call $folded (local.get $clock))))
  (func (export "folded_error") (param $clock i32) (result i64) (call $folded (local.get $clock)))

  ;; The difference between the two results.
  (func (export "difference") (param $clock i32) (result i64) (local $r i64) (local $l i64)
    (call $raw_both (local.get $clock)) (local.set $r) (drop)
    (call $lifted (local.get $clock)) (local.set $l) (drop)
    (i64.sub (local.get $r) (local.get $l))))

;; run: raw(0) == (0, 1)
;; run: lifted(0) == (0, 1)
;; run: folded(0) == 1
;; run: difference(0) == 0
;; run: raw(1) == (0, 1)
;; run: lifted(1) == (0, 1)
;; run: folded(1) == 1
;; run: difference(1) == 0
;; run: raw(2) == (8, 0)
;; run: lifted(2) == (8, 0)
;; run: folded_error(2) == -8
;; trap: raw(9)
;; trap: lifted(9)
;; trap: folded(9)
