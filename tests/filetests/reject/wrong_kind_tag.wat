(module (import "linmem" "tag" (tag)))
