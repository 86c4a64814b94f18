;;! representations: i32 i64 anyref
;;! stdin: a€😀é
;;! transfer: 1
;;! errnos: 8 27
;; The rest of a file as text, or null; no character is cut where a transfer ends.

(module
  (type $units (array (mut i16)))
  (type $latin (array (mut i8)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "wasi.read_text" (func $read_text (param i32) (result i32 (ref null $units))))
  (import "linmem" "wasi.read_text" (func $folded (param i32) (result (ref null $latin))))
  (func (export "is_null") (result i32) (ref.is_null (call $folded (i32.const 0))))
  (func (export "read") (result i32 i32 i32 i32 i32 i32 i32) (local $text (ref null $units))
    (call $read_text (i32.const 0))
    (local.set $text)
    (array.len (local.get $text))
    (array.get_u $units (local.get $text) (i32.const 0))
    (array.get_u $units (local.get $text) (i32.const 1))
    (array.get_u $units (local.get $text) (i32.const 2))
    (array.get_u $units (local.get $text) (i32.const 3))
    (array.get_u $units (local.get $text) (i32.const 4))))

;; run: is_null() == 1
;; run: read() == (0, 5, 0x61, 0x20ac, 0xd83d, 0xde00, 0xe9)
