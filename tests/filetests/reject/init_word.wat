;;! --init passive --base 1024
;; The word that instances agree by would be in data of the program.
(module
  (import "env" "memory" (memory 1 4 shared))
  (data (i32.const 1020) "abcdefgh"))
