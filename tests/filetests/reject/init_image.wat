;;! --init image
(module
  (import "env" "base" (global $base i32))
  (memory 1)
  (data (i32.const 0) "text")
  (data (global.get $base) "more"))
