;;! --static-frames on
;;! representations: i64
;; Regions that are opened when the program runs, each for another reason; the last one is part of a static frame.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param {seg} i32) (result i32)))
  (import "test" "log" (func $log (param i64)))
  (type $f (func (param i32) (result i32)))
  (table funcref (elem $indirect))
  (global $handle (mut i32) (i32.const 0))

  ;; It calls itself.
  (func $recursive (export "recursive") (param $n i32) (result i32)
    (local $r i32) (local $s {seg})
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $set (local.get $s) (i32.const 0) (local.get $n))
    (drop (call $recursive (i32.sub (local.get $n) (i32.const 1))))
    (call $get (local.get $s) (i32.const 0))
    (call $free (local.get $r)))

  ;; It calls a function of its type in the table.
  (func $indirect (type $f)
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $set (local.get $s) (i32.const 0) (local.get 0))
    (if (local.get 0)
      (then (drop (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
    (call $get (local.get $s) (i32.const 0))
    (call $free (local.get $r)))
  (func (export "indirect") (param i32) (result i32) (call $indirect (local.get 0)))

  ;; The host may call it again.
  (func (export "host") (param $n i32)
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $set (local.get $s) (i32.const 0) (local.get $n))
    (call $log (i64.extend_i32_u (local.get $n)))
    (call $log (i64.extend_i32_u (call $get (local.get $s) (i32.const 0))))
    (call $free (local.get $r)))

  ;; An allocation runs more than once while the region is open.
  (func (export "loop") (param $n i32) (result i32)
    (local $r i32) (local $s {seg}) (local $first {seg})
    (local.set $r (call $new))
    (local.set $first (call $allocate (local.get $r) (i32.const 4)))
    (loop $again
      (local.set $s (call $allocate (local.get $r) (i32.const 4)))
      (call $set (local.get $s) (i32.const 0) (local.get $n))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $get (local.get $s) (i32.const 0))
    (call $free (local.get $r)))

  ;; Other code has its handle.
  (func (export "escapes") (result i32)
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (global.set $handle (local.get $r))
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (call $set (local.get $s) (i32.const 0) (i32.const 9))
    (call $get (local.get $s) (i32.const 0))
    (call $free (local.get $r)))

  ;; It stays open on a path, and a size is not constant.
  (func (export "open") (param $n i32) (result i32)
    (local $r i32) (local $t i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 4)))
    (if (local.get $n) (then (return (i32.const 1))))
    (call $free (local.get $r))
    (local.set $t (call $new))
    (local.set $s (call $allocate (local.get $t) (local.get $n)))
    (call $free (local.get $t))
    (i32.const 2))

  ;; The handle is constant if the program looks at it, and segments are read from their locals where it is not known what
  ;; these hold.
  (func (export "kept") (param $n i32) (result i32)
    (local $r i32) (local $s {seg}) (local $sum i32)
    (loop $again
      (local.set $r (call $new))
      (if (i32.eqz (local.get $r)) (then (unreachable)))
      (if (local.get $n)
        (then (local.set $s (call $allocate (local.get $r) (i32.const 4))))
        (else (local.set $s (call $allocate (local.get $r) (i32.const 8)))))
      (call $set (local.get $s) (i32.const 0) (local.get $n))
      (local.set $sum (i32.add (local.get $sum) (call $get (local.get $s) (i32.const 0))))
      (call $free (local.get $r))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))

;; run: recursive(3) == 3
;; run: indirect(3) == 3
;; run: host(5) == ()
;; run: loop(3) == 1
;; run: escapes() == 9
;; run: open(1) == 1
;; run: open(0) == 2
;; run: kept(3) == 6
;; log: 5 5
