;; Linking keeps everything that it does not lower, and adjusts indices: imports of every kind, GC types, tables,
;; elements, tags, exceptions, vectors, data, the start function, names.
(module
  (type $pair (struct (field $left i32) (field $right (mut i32))))
  (type $array (array (mut i8)))
  (type $binary (func (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "test" "pass" (func $pass (param i32) (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "test" "log" (func $log (param i64)))
  (memory $mine (export "memory") 1)
  (memory $second 1)
  (table $table 4 funcref)
  (table $filled funcref (elem $add $sub))
  (tag $problem (param i32))
  (global $started (mut i32) (i32.const 0))
  (global $function (ref $binary) (ref.func $sub))
  (elem (table $table) (i32.const 0) func $add $sub)
  (elem $declared declare func $add)
  (data $text (i32.const 100) "text")
  (data $passive "passive")
  (start $begin)

  (func $begin (global.set $started (i32.const 42)) (call $log (i64.const 1)))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))

  (func (export "started") (result i32) (call $pass (global.get $started)))
  (func (export "indirect") (param $which i32) (result i32)
    (call_indirect $filled (type $binary) (i32.const 7) (i32.const 3) (local.get $which)))
  (func (export "reference") (result i32)
    (call_ref $binary (i32.const 7) (i32.const 3) (global.get $function)))
  (func (export "declared") (result i32) (call_ref $binary (i32.const 1) (i32.const 2) (ref.func $add)))
  (func (export "heap") (param $x i32) (result i32) (local $pair (ref $pair))
    (local.set $pair (struct.new $pair (local.get $x) (call $pass (i32.const 5))))
    (i32.add (struct.get $pair $left (local.get $pair)) (struct.get $pair $right (local.get $pair))))
  (func (export "exception") (param $x i32) (result i32)
    (block $handler (result i32)
      (try_table (result i32) (catch $problem $handler)
        (throw $problem (call $pass (local.get $x))))))
  (func (export "vector") (result i32)
    (i32x4.extract_lane 2 (i32x4.add (v128.const i32x4 1 2 3 4) (i32x4.splat (call $pass (i32.const 10))))))
  (func (export "tail") (param $x i32) (result i32) (return_call $pass (local.get $x)))
  (func (export "data") (result i32)
    (memory.init $passive (i32.const 200) (i32.const 0) (i32.const 7))
    (i32.add (i32.load8_u (i32.const 100)) (i32.load8_u (i32.const 200))))
  (func (export "second") (result i32)
    (i32.store $second (i32.const 0) (i32.const 9)) (i32.load $second (i32.const 0)))

  ;; The same things around intrinsics.
  (func (export "around") (param $x i32) (result i32) (local $s i64) (local $pair (ref null $pair))
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (local.set $pair (struct.new $pair (local.get $x) (i32.const 0)))
    (block $handler (result i32)
      (try_table (result i32) (catch $problem $handler)
        (call $setInt (local.get $s) (i32.const 4) (struct.get $pair $left (local.get $pair)))
        (block $skipped
          (br_if $skipped (i32.eqz (local.get $x)))
          (throw $problem
            (call_ref $binary (call $getInt (local.get $s) (i32.const 4)) (i32.const 1) (ref.func $add))))
        (i32.const -1)))))

;; run: started() == 42
;; run: indirect(0) == 10
;; run: indirect(1) == 4
;; run: reference() == 4
;; run: declared() == 3
;; run: heap(6) == 11
;; run: exception(8) == 8
;; run: vector() == 13
;; run: tail(5) == 5
;; run: data() == 228
;; run: second() == 9
;; run: around(5) == 6
;; run: around(0) == -1
;; log: 1
