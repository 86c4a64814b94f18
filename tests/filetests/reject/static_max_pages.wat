;;! --max-pages 9
(module
  (import "linmem:utf8" "hi" (global i32))
  (memory 1))
