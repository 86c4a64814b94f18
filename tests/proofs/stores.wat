;; Stores of constants to static frames that are merged into wider ones.

;;! --static-frames on
;;! representations: i64 anyref
;; levels: none spatial
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (memory (export "memory") 1)
  (global $at (export "at") (mut i32) (i32.const 0))

  ;; theorem $halves: each byte is the one that the separate stores write, and no other byte changes
  ;; assume: pages >= 2
  ;; prove: returns and @at > 0 and round(@at, 8) == @at
  ;; prove: long(@at) == 0x8877665544332211 and long(@at + 8) == 0xFFFFFFFE80000001 and word(@at + 16) == 0x00008001
  ;; prove: long(@at + 24) == 0x01020304FFFFFF80
  ;; prove: byte >= @at + 32 and byte < 0x100000000 or byte >= 0 and byte < @at => word(byte) & 0xFF == old(word(byte)) & 0xFF
  ;; planted: StoresSwapped
  ;; call: halves()
  (func $halves (export "halves") (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 32)))
    (global.set $at (call $address (local.get $s)))
    (call $setInt (local.get $s) (i32.const 12) (i32.const -2))
    (call $setByte (local.get $s) (i32.const 0) (i32.const 0x11))
    (call $setByte (local.get $s) (i32.const 1) (i32.const 0x22))
    (call $setShort (local.get $s) (i32.const 2) (i32.const 0x4433))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 0x88776655))
    (call $setInt (local.get $s) (i32.const 8) (i32.const 0x80000001))
    (call $setShort (local.get $s) (i32.const 18) (i32.const 0))
    (call $setShort (local.get $s) (i32.const 16) (i32.const 0xFFFF8001))
    (call $setLong (local.get $s) (i32.const 24) (i64.const 0x01020304FFFFFF80))
    (call $free (local.get $r)))

  ;; theorem $again: if stores overlap, the bytes are those of the last one
  ;; assume: pages >= 2
  ;; prove: returns and long(@at) == 0x88EEAA5544332211
  ;; planted: StoresIgnoreOverlap
  ;; call: again()
  (func $again (export "again") (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (global.set $at (call $address (local.get $s)))
    (call $setByte (local.get $s) (i32.const 6) (i32.const 0x77))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 0x88776655))
    (call $setByte (local.get $s) (i32.const 5) (i32.const 0xAA))
    (call $setLong (local.get $s) (i32.const 0) (i64.const -1))
    (call $setInt (local.get $s) (i32.const 4) (i32.const 0x88EEAA55))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x44332211))
    (call $free (local.get $r))))
