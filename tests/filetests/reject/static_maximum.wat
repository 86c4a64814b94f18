(module
  (import "linmem:utf8" "text" (global i32))
  (import "linmem:reserve" "buffer 1MiB" (global i32))
  (memory 1 16))
