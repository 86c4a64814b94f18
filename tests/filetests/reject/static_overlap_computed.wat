;;! --base 4096
(module
  (import "linmem:utf8" "hello" (global i32))
  (global $base i32 (i32.const 4096))
  (global $data i32 (i32.add (global.get $base) (i32.const 4)))
  (memory 1)
  (data (offset (i32.add (global.get $data) (i32.const 4))) "own"))
