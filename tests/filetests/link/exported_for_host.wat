;; A lifted host call requires that the memory is exported as `memory`. Linking exports it if the program does not.
(module
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $segment (param i32 i32) (result i64)))
  (memory (export "mem") 1)
  (data (i32.const 8) "text")
  (func (export "run") (result i32) (call $write_all (i32.const 1) (call $segment (i32.const 8) (i32.const 4)))))

;; run: run() == 0
;; output: "text"
