;;! --zero free --safety temporal
;; The memory of a region is zero after the close, in all its chunks, and so is the scratch memory of host calls.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 i64) (result i32)))
  (import "test" "grow" (func $grow (param i32) (result i32)))
  (memory (export "memory") 1)
  ;; Of a number of bytes from an address on, how many are not zero.
  (func (export "dirty") (param $at i32) (param $bytes i32) (result i32) (local $dirty i32)
    (loop $next
      (local.set $dirty (i32.add (local.get $dirty) (i32.ne (i32.const 0) (i32.load8_u (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (local.tee $bytes (i32.sub (local.get $bytes) (i32.const 1)))))
    (local.get $dirty))
  (func $filled (param $r i32) (param $bytes i32)
    (call $fill (call $allocate (local.get $r) (local.get $bytes)) (i32.const 0) (local.get $bytes) (i32.const 0xff)))
  (func (export "one") (local $r i32)
    (local.set $r (call $new))
    (call $filled (local.get $r) (i32.const 1000))
    (call $free (local.get $r)))
  (func (export "inner") (local $r i32) (local $i i32)
    (local.set $r (call $new))
    (call $filled (local.get $r) (i32.const 1000))
    (local.set $i (call $new))
    (call $filled (local.get $i) (i32.const 1000))
    (call $free (local.get $i))
    (call $filled (local.get $r) (i32.const 10))
    (call $free (local.get $r)))
  ;; Memory that other code grew lies between two chunks.
  (func (export "across") (local $r i32)
    (local.set $r (call $new))
    (call $filled (local.get $r) (i32.const 60000))
    (drop (call $grow (i32.const 1)))
    (call $filled (local.get $r) (i32.const 60000))
    (call $free (local.get $r)))
  (func (export "written") (local $r i32)
    (local.set $r (call $new))
    (drop (call $write (i32.const 1) (call $allocate (local.get $r) (i32.const 3))))
    (call $free (local.get $r))))

;; run: one() == ()
;; run: dirty(65544, 65528) == 0
;; run: inner() == ()
;; run: dirty(65544, 65528) == 0
;; run: across() == ()
;; run: dirty(65544, 65528) == 0
;; run: dirty(196616, 65500) == 0
;; run: written() == ()
;; run: dirty(65544, 65528) == 0
