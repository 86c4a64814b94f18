;;! --init passive
;; The instances have no word to agree by.
(module
  (import "env" "memory" (memory 1 2 shared))
  (data (i32.const 0) "text"))
