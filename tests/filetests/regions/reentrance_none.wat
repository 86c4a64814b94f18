;;! --safety none
;; A region stays open across calls, recursion, and an import that calls back into an export, which opens
;; its own region and calls again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param i64 i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  ;; 1 + 2 + ... + n, with every number in its own region while the rest is computed.
  (func $sum (export "callback") (param $n i32) (result i32)
    (local $r i32) (local $mine i64) (local $theirs i64)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (local.set $r (call $new))
    (local.set $mine (call $allocate (local.get $r) (i32.const 4)))
    (call $setInt (local.get $mine) (i32.const 0) (local.get $n))
    ;; Every second call goes through the host.
    (if (i32.and (local.get $n) (i32.const 1))
      (then
        (local.set $theirs (call $allocate (local.get $r) (i32.const 4)))
        (call $setInt (local.get $theirs) (i32.const 0) (call $call_back (i32.sub (local.get $n) (i32.const 1)))))
      (else
        (local.set $theirs (call $allocate (local.get $r) (i32.const 40000)))
        (call $setInt (local.get $theirs) (i32.const 0) (call $sum (i32.sub (local.get $n) (i32.const 1))))))
    (i32.add
      (call $getInt (local.get $mine) (i32.const 0))
      (call $getInt (local.get $theirs) (i32.const 0)))
    (call $free (local.get $r)))
  (func (export "top") (result i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (i32.wrap_i64 (call $allocate (local.get $r) (i32.const 1)))
    (call $free (local.get $r))))

;; run none: top() == 16
;; run temporal: top() == 32
;; run: callback(50) == 1275
;; run: callback(1) == 1
;; run none: top() == 16
;; run temporal: top() == 32
