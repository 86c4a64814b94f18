;;! --safety temporal --on-violation report
;; A loop into the free end of a packed segment: the violation is that of the first free byte.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func $read (param $s i64) (param $n i32) (local $i i32)
    (loop $next
      (drop (call $getInt (local.get $s) (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n)))))
  (func (export "open") (drop (call $allocate (call $new) (i32.const 16))))
  (func (export "read") (param $address i32) (param $n i32)
    (call $read (call $ofAddress (local.get $address) (i32.const 32)) (local.get $n))))

;; run: open() == ()
;; run: read(24, 16) == ()
;; report: read(24, 17) == MemorySegment.getInt: the 4 bytes at address 40 of a freed segment (at line 10, in $read)
;; report: read(24, 100) == MemorySegment.getInt: the 4 bytes at address 40 of a freed segment (at line 10, in $read)
;; report: read(26, 100) == MemorySegment.getInt: the 4 bytes at address 38 of a freed segment (at line 10, in $read)
