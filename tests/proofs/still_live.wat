;; Tests that no byte of an access is free, and those that are left out because of earlier ones.

;;! representations: i64
;; levels: temporal
(module
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "test" "log" (func $other (param i64)))
  (memory (export "memory") 1)

  ;; theorem $further: what ends above top is looked up, also if bytes before it are below top
  ;; assume: valid($s)
  ;; opaque: check_segment
  ;; prove: not calls($check_segment) => within(0, @top)
  ;; planted: LiveFurther LiveFirstByte
  (func $further (export "further") (param $s {seg}) (param $o i32) (result i32)
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (drop (call $getInt (local.get $s) (local.get $o)))
    (if (local.get $o)
      (then (drop (call $getInt (local.get $s) (i32.const 32)))))
    (i32.const 0))

  ;; theorem $after: after a call, top is tested again
  ;; assume: valid($s)
  ;; opaque: check_segment
  ;; prove: returns and not calls($check_segment) => start($s) + 4 <= @top
  ;; planted: LiveAfterFree
  (func $after (export "after") (param $s {seg}) (result i32)
    (drop (call $getInt (local.get $s) (i32.const 0)))
    (call $other (i64.const 1))
    (call $getInt (local.get $s) (i32.const 0))))
