;;! --safety spatial --on-violation report
;;! representations: i64 anyref
;;! args: name one
;; An index beyond the end of a list, however large it is.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "wasi.args" (func $args (param i32) (result i32 {seg})))
  (import "linmem" "wasi.list.item" (func $item (param {seg} i32) (result {seg})))
  (func $byte (export "byte") (param $index i32) (result i32) (local $list {seg})
    (call $args (call $new))
    (local.set $list)
    (drop)
    (call $getUByte (call $item (local.get $list) (local.get $index)) (i32.const 0))))

;; run: byte(1) == 0x6f
;; report: byte(2) == wasi.list.item: bytes 24..32 of a segment of 24 bytes (at line 14, in $byte)
;; report: byte(0x1ffffffe) == wasi.list.item: bytes 4294967288..4294967296 of a segment of 24 bytes (at line 14, in $byte)
;; report: byte(0x1fffffff) == wasi.list.item: bytes 4294967295..4294967303 of a segment of 24 bytes (at line 14, in $byte)
;; report: byte(-1) == wasi.list.item: bytes 4294967295..4294967303 of a segment of 24 bytes (at line 14, in $byte)
