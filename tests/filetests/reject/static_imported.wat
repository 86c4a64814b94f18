(module
  (import "env" "memory" (memory 1))
  (import "linmem:utf8" "text" (global i32)))
