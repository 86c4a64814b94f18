(module
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (memory 1)
  (func (export "memory") (result i32) (call $write_all (i32.const 1) (i64.const 0))))
