;;! representations: i64
;;! directories: / sub\0 ./dot/\0\0
;; NULs at the end of the name of a directory do not belong to the name.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param i64 i32 i64)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "wasi.open" (func $open (param i64 i32) (result i32)))
  (func (export "open") (param i64 i64) (param $bytes i32) (result i32) (local $s i64)
    (local.set $s (call $allocate (call $new) (i32.const 16)))
    (call $setLong (local.get $s) (i32.const 0) (local.get 0))
    (call $setLong (local.get $s) (i32.const 8) (local.get 1))
    (call $open (call $slice (local.get $s) (i32.const 0) (local.get $bytes)) (i32.const 0))))

;; "sub/which.txt", "dot/which.txt", and a file that only the folder has
;; run: open(0x636968772f627573, 0x7478742e68, 13) == 6
;; run: open(0x636968772f746f64, 0x7478742e68, 13) == 7
;; run: open(0x656e6e692f627573, 0x7478742e72, 13) == -44
