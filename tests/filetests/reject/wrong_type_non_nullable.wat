(module (import "linmem" "wasi.read_to_end" (func (param i32 i32) (result (ref any)))))
