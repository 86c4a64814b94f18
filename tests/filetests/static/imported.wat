;;! --base 0x20000
;;! representations: i32
;; At the base of an imported memory, which may not be zero. A data segment of the program initializes a reservation.
(module
  (import "env" "memory" (memory 5))
  (import "linmem:reserve" "table 16" (global $table i32))
  (import "linmem:hex" "01 00" (global $bytes i32))
  (export "memory" (memory 0))
  (global $after i32 (i32.add (global.get $table) (i32.const 16)))
  (elem $e (offset (global.get $zero)) funcref)
  (global $zero i32 (i32.const 0))
  (table 1 funcref)
  (func (export "read") (result i32 i32 i32 i32)
    (i32.load16_u (global.get $bytes))
    (i32.load (global.get $table))
    (global.get $table)
    (global.get $after)))

;; run: read() == (1, 0, 0x20010, 0x20020)
