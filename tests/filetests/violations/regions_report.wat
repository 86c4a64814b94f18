;;! --safety temporal --on-violation report
;;! representations: i32 i64 anyref
;;! shown: i64
;; Every violation of regions, as a report with its place.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "test" "pass" (func $pass (param i32) (result i32)))

  (global $kept (mut i32) (i32.const 0))

  (func $open (export "open") (result i32)
    (global.set $kept (call $new))
    (global.get $kept))
  (func $allocates (export "allocates") (param $r i32) (result i32)
    (i32.ne (i32.const 0) (call $address (call $allocate (local.get $r) (i32.const 8)))))
  (func $closes (export "closes") (param $r i32)
    (call $free
      (local.get $r)))

  ;; Closed twice, and closed after another region was opened at the same address.
  (func (export "closed_twice")
    (call $closes (call $open))
    (call $closes (global.get $kept)))
  (func (export "closed_later") (local $first i32)
    (call $closes (local.tee $first (call $open)))
    (drop (call $open))
    (call $closes (local.get $first)))
  ;; Used after it was closed, also while another region is open.
  (func (export "used") (result i32)
    (call $closes (call $open))
    (call $allocates (global.get $kept)))
  (func (export "used_later") (result i32) (local $first i32)
    (call $closes (local.tee $first (call $open)))
    (drop (call $open))
    (call $allocates (local.get $first)))
  ;; Never opened.
  (func (export "forgotten") (result i32) (local $r i32)
    (call $allocates (local.get $r)))
  ;; Not the innermost region.
  (func (export "outer_allocates") (result i32) (local $r i32)
    (local.set $r (call $open))
    (drop (call $open))
    (drop (call $open))
    (call $allocates (local.get $r)))
  (func (export "outer_closes") (local $r i32)
    (local.set $r (call $open))
    (drop (call $open))
    (call $closes (local.get $r)))
  ;; A check that is needed again after a call.
  (func (export "after_a_call") (result i32) (local $r i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (call $closes (local.get $r))
    (i32.ne (i32.const 0) (call $address (call $allocate (local.get $r) (i32.const 8)))))
  ;; The size is an expression that closes the region of the allocation.
  (func (export "closed_by_an_operand") (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $address (call $allocate (local.get $r) (block (result i32) (call $closes (local.get $r)) (i32.const 8)))))
  (func (export "aligned") (param $alignment i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (i32.rem_u
      (call $address (call $aligned (local.get $r) (i32.const 1) (call $pass (local.get $alignment))))
      (local.get $alignment)))
  (func (export "too_much") (param $bytes i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $address (call $allocate (local.get $r) (local.get $bytes))))
  (func (export "too_much_aligned") (param $bytes i32) (result i32) (local $r i32)
    (local.set $r (call $new))
    (call $address (call $aligned (local.get $r) (local.get $bytes) (i32.const 64))))

  ;; Correct accesses next to the limits.
  (func (export "nested") (result i32) (local $a i32) (local $b i32)
    (local.set $a (call $open))
    (local.set $b (call $open))
    (drop (call $allocates (local.get $b)))
    (call $closes (local.get $b))
    (drop (call $allocates (local.get $a)))
    (call $closes (local.get $a))
    (i32.const 1)))

;; report: closed_twice() == MemoryAllocator.free: allocator 1 is not open: it was already closed, or never opened (at line 21, in $closes)
;; report: closed_later() == MemoryAllocator.free: allocator 3 is not open: it was already closed, or never opened (at line 21, in $closes)
;; report: used_later() == MemoryAllocator.allocate: allocator 7 is not open: it was closed, or never opened (at line 19, in $allocates)
;; report: forgotten() == MemoryAllocator.allocate: allocator 0 is not open: it was closed, or never opened (at line 19, in $allocates)
;; report: outer_allocates() == MemoryAllocator.allocate: allocator 11 is not the innermost one: 2 regions opened in it are still open (at line 19, in $allocates)
;; report: outer_closes() == MemoryAllocator.free: allocator 17 is not the innermost one: 1 region opened in it is still open (at line 21, in $closes)

;; The functions that it calls stay functions.
;;! calls: wrappers
