(module (import "linmem" "table" (table 1 funcref)))
