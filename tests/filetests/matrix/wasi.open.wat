;;! representations: i32 i64 anyref
;;! directories: / /deep/er sub ./dot/
;; Opens a path in the directory whose name is the longest prefix of the path; flags are those of wasi-libc.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "wasi.open" (func $open (param {seg} {bytes} i32) (result i32 i32)))
  (import "linmem" "wasi.open" (func $folded (param {seg} {bytes} i32) (result i32)))
  (import "linmem" "wasi.fd_read" (func $fd_read (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.fd_pread" (func $fd_pread (param i32 {seg} {bytes} i64) (result i32 i32)))
  (import "linmem" "wasi.fd_write" (func $fd_write (param i32 {seg} {bytes}) (result i32 i32)))
  (global $region (mut i32) (i32.const 0))
  ;; A path of up to 24 bytes.
  (func $path (param i64 i64 i64) (param $bytes i32) (result {seg}) (local $s {seg})
    (global.set $region (call $new))
    (local.set $s (call $allocate (global.get $region) (i32.const 24)))
    (call $setLong (local.get $s) (i32.const 0) (local.get 0))
    (call $setLong (local.get $s) (i32.const 8) (local.get 1))
    (call $setLong (local.get $s) (i32.const 16) (local.get 2))
    (call $slice (local.get $s) (i32.const 0) (local.get $bytes)))
  (func (export "open") (param i64 i64 i64) (param $bytes i32) (param $flags i32) (result i32)
    (call $folded
      (call $path (local.get 0) (local.get 1) (local.get 2) (local.get $bytes))
      {i32:(local.get $bytes)}
      (local.get $flags)))
  ;; The first eight bytes of a file, with zeros after its end.
  (func (export "which") (param i64 i64 i64) (param $bytes i32) (result i64)
    (local $s {seg}) (local $errno i32) (local $fd i32)
    (call $open
      (call $path (local.get 0) (local.get 1) (local.get 2) (local.get $bytes))
      {i32:(local.get $bytes)}
      (i32.const 0x04000000))
    (local.set $fd) (local.set $errno)
    (if (local.get $errno) (then (return (i64.sub (i64.const 0) (i64.extend_i32_u (local.get $errno))))))
    (local.set $s (call $allocate (global.get $region) (i32.const 8)))
    (call $setLong (local.get $s) (i32.const 0) (i64.const 0))
    (drop (drop (call $fd_read (local.get $fd) (local.get $s) {size:8})))
    (call $getLong (local.get $s) (i32.const 0)))
  ;; Writes "abc" to the file that "link" leads to, and reads it again.
  (func (export "written") (param $flags i32) (result i32 i32 i32)
    (local $s {seg}) (local $fd i32) (local $errno i32) (local $count i32)
    (local.set $s (call $path (i64.const 0x6b6e696c) (i64.const 0) (i64.const 0) (i32.const 8)))
    (local.set $fd (call $folded (call $slice (local.get $s) (i32.const 0) (i32.const 4)) {size:4} (local.get $flags)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x64636261))
    (call $fd_write (local.get $fd) (call $slice (local.get $s) (i32.const 0) (i32.const 3)) {size:3})
    (local.set $count) (local.set $errno)
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0))
    (drop (drop (call $fd_pread (local.get $fd) (local.get $s) {size:8} (i64.const 0))))
    (local.get $errno) (local.get $count) (call $getInt (local.get $s) (i32.const 0))))

;; "hello.txt" gives "Hello, f"
;; run: which(0x78742e6f6c6c6568, 0x74, 0x0, 9) == 0x66202c6f6c6c6548
;; "/hello.txt" gives "Hello, f"
;; run: which(0x742e6f6c6c65682f, 0x7478, 0x0, 10) == 0x66202c6f6c6c6548
;; "//.///./hello.txt" gives "Hello, f"
;; run: which(0x2f2e2f2f2f2e2f2f, 0x78742e6f6c6c6568, 0x74, 17) == 0x66202c6f6c6c6548
;; "link" gives "Hello, f"
;; run: which(0x6b6e696c, 0x0, 0x0, 4) == 0x66202c6f6c6c6548
;; "/deep/er/which.txt" gives "/deep/er"
;; run: which(0x72652f706565642f, 0x742e68636968772f, 0x7478, 18) == 0x72652f706565642f
;; "deep/er//which.txt" gives "/deep/er"
;; run: which(0x2f72652f70656564, 0x742e68636968772f, 0x7478, 18) == 0x72652f706565642f
;; "sub/which.txt" gives "sub"
;; run: which(0x636968772f627573, 0x7478742e68, 0x0, 13) == 0x627573
;; "/dot/which.txt" gives "./dot/"
;; run: which(0x6968772f746f642f, 0x7478742e6863, 0x0, 14) == 0x2f746f642f2e
;; "sub/inner.txt": the directory with that name, not the one in the folder
;; run: open(0x656e6e692f627573, 0x7478742e72, 0x0, 13, 0) == -44
;; "subway": the name of a directory does not match a part of a name
;; run: open(0x796177627573, 0x0, 0x0, 6, 0) == -44
;; "../hello.txt": no path leads out of a directory
;; run: open(0x6f6c6c65682f2e2e, 0x7478742e, 0x0, 12, 0) == -63
;; "hello.txt": O_WRONLY, O_CREAT, O_EXCL
;; run: open(0x78742e6f6c6c6568, 0x74, 0x0, 9, 0x10005000) == -20
;; "hello.txt": O_DIRECTORY
;; run: open(0x78742e6f6c6c6568, 0x74, 0x0, 9, 0x04002000) == -54
;; "link": O_NOFOLLOW
;; run: open(0x6b6e696c, 0x0, 0x0, 4, 0x05000000) == -32
;; "deep/er": the directory itself
;; run: open(0x72652f70656564, 0x0, 0x0, 7, 0x04002000) == 7
;; "": this path does not exist
;; run: open(0x0, 0x0, 0x0, 0, 0) == -44
;; "/": the folder itself
;; run: open(0x2f, 0x0, 0x0, 1, 0) == 7
;; "new": O_RDWR, O_CREAT
;; run: open(0x77656e, 0x0, 0x0, 3, 0x14001000) == 7
;; O_RDWR, O_TRUNC; O_WRONLY, which cannot be read; O_RDONLY, which cannot be written
;; run: written(0x14008000) == (0, 3, 0x636261)
;; run: written(0x10000000) == (0, 3, 0)
;; run: written(0x04000000) == (8, 0, 0x6c6c6548)
