;;! --safety spatial
;; An address does not carry the size of its segment, so that bounds cannot be checked.
(module
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i32 i32) (result i32)))
  (func $read (param $s i32) (result i32) (call $getInt (local.get $s) (i32.const 0))))
