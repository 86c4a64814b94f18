;;! --split 64MiB
;;! representations: i64
;; Behind a split, where the program counts its own pages. An engine can map the program's data as an image only if the
;; static data, 64 MiB further, is copied by the start function.
(module
  (import "linmem" "MemorySegment.getUByte" (func $get (param i64 i32) (result i32)))
  (import "linmem:utf8" "static" (global $text i64))
  (memory (export "memory") 1 1024)
  (global $n (mut i32) (i32.const 0))
  (data $own (i32.const 8) "own")
  (data $passive "abc")
  (start $start)
  (func $start (global.set $n (call $get (global.get $text) (i32.const 1))))
  (func (export "started") (result i32) (global.get $n))
  (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size))
  (func (export "init") (result i32)
    (memory.init $passive (i32.const 16) (i32.const 1) (i32.const 2))
    (data.drop $passive)
    (i32.load16_u (i32.const 16))))

;; run: started() == 0x74
;; run: init() == 0x6362
;; run: grow(0) == (1, 1)
;; run: grow(1022) == (1, 1023)
;; run: grow(2) == (-1, 1023)
;; run: grow(1) == (1023, 1024)
