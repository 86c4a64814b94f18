;; The module cannot be instantiated. With the minimum that static data needs, it could.
(module
  (import "linmem:utf8" "hi" (global i32))
  (memory 1)
  (data (i32.const 65535) "ab"))
