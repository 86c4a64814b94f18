;;! --base 1024
(module
  (import "linmem:utf8" "text" (global i32))
  (memory 1)
  (data (i32.const 1030) "own"))
