(module (import "env" "f" (func)) (import "linmem" "memory" (memory 1)))
