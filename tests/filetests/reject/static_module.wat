(module
  (import "linmem:utf32" "text" (global i32)))
