;;! --safety spatial
;;! representations: i64
;;! directories: /
;;! args: name one
;; Every kind of call: the raw function of the host, one with results, one that is folded, and all that loop.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "wasi.fd_close" (func $fd_close (param i32) (result i32)))
  (import "linmem" "wasi.path_unlink_file" (func $path_unlink_file (param i32 i64) (result i32)))
  (import "linmem" "wasi.fd_seek" (func $fd_seek (param i32 i64 i32) (result i32 i64)))
  (import "linmem" "wasi.fd_seek" (func $fd_seek_folded (param i32 i64 i32) (result i64)))
  (import "linmem" "wasi.poll_oneoff" (func $poll_oneoff (param i64 i64) (result i32 i32)))
  (import "linmem" "wasi.sock_recv" (func $sock_recv (param i32 i64 i32) (result i32 i32 i32)))
  (import "linmem" "wasi.args_get" (func $args_get (param i64 i64) (result i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (import "linmem" "wasi.read_exact" (func $read_exact (param i32 i64) (result i32 i32)))
  (import "linmem" "wasi.read_to_end" (func $read_to_end (param i32 i32) (result i32 i64)))
  (import "linmem" "wasi.args" (func $args (param i32) (result i32 i64)))
  (import "linmem" "wasi.list.item" (func $item (param i64 i32) (result i64)))
  (import "linmem" "wasi.open" (func $open (param i64 i32) (result i32 i32)))
  (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))

  (func $direct (export "direct") (param $fd i32) (result i32) (call $fd_close (local.get $fd)))
  (func $results (export "results") (param $fd i32) (result i32 i64)
    (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 1)))
  (func $folded (export "folded") (param $fd i32) (result i64)
    (call $fd_seek_folded (local.get $fd) (i64.const 0) (i32.const 1)))
  (func $segments (param $a i64) (param $b i64) (result i32 i32 i32 i32 i32)
    (call $path_unlink_file (i32.const 3) (local.get $a))
    (call $args_get (local.get $a) (local.get $b))
    (call $poll_oneoff (local.get $a) (local.get $b))
    (drop)
    (call $sock_recv (i32.const 3) (local.get $a) (i32.const 0))
    (drop))
  (func $loops (param $s i64) (result i32 i32 i32 i32)
    (call $write_all (i32.const 1) (local.get $s))
    (call $read_exact (i32.const 0) (local.get $s))
    (drop)
    (call $open (local.get $s) (i32.const 0)))
  (func $made (export "made") (result i32 i32) (local $region i32) (local $list i64)
    (local.set $region (call $new))
    (call $read_to_end (local.get $region) (i32.const 99))
    (drop)
    (call $args (local.get $region))
    (local.set $list)
    (drop)
    (call $size (call $item (local.get $list) (i32.const 1)))))

;; run: direct(99) == 8
;; run: results(99) == (8, 0)
;; run: folded(99) == -8
;; run: made() == (8, 3)
