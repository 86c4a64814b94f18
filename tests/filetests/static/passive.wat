;;! --init passive --base 0x10000
;;! representations: i32
;; The instances of the module share the memory. The first one copies all data, and clears the reservation.
(module
  (import "linmem:utf8" "text" (global $text i32))
  (import "linmem:reserve" "count 8" (global $count i32))
  (import "env" "memory" (memory 2 10 shared))
  (data (i32.const 16) "own")
  (start $start)
  (func $start
    (drop (i32.atomic.rmw.add (global.get $count) (i32.const 1))))
  (func (export "read") (result i32 i32 i32)
    (i32.load (global.get $text))
    (i32.load (i32.const 16))
    (i32.atomic.load (global.get $count))))

;; run: read() == (0x74786574, 0x6e776f, 1)
