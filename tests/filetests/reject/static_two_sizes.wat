(module
  (import "linmem:reserve" "buffer 8" (global i32))
  (import "linmem:utf8" "buffer 8" (global i32))
  (import "linmem:reserve" "buffer 16" (global i32)))
