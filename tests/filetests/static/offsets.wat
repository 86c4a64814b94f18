;;! --static unshared
;;! representations: i32
;; A data segment initializes a reservation. Without sharing, each import has its own bytes.
(module
  (import "linmem:reserve" "table 16" (global $table i32))
  (import "linmem:utf8" "abc" (global $one i32))
  (import "linmem:utf8" "abc" (global $two i32))
  (memory (export "memory") 0)
  (data (global.get $table) "xy")
  (func (export "write") (result i32 i32 i32)
    (i32.store8 (global.get $one) (i32.const 0x7a))
    (i32.load8_u (global.get $one))
    (i32.load8_u (global.get $two))
    (i32.load16_u (global.get $table))))

;; run: write() == (0x7a, 0x61, 0x7978)
