;;! --safety temporal
;;! representations: i32 i64 anyref
;;! shown: i64
;;! pages: 20
;; Every violation of regions, as a trap.
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

;; violation: AlreadyFreed closed_twice()
;; violation: AlreadyFreed closed_later()
;; violation: UseAfterFree used()
;; violation: UseAfterFree used_later()
;; violation: UseAfterFree forgotten()
;; violation: NotInnermost outer_allocates()
;; violation: NotInnermost outer_closes()
;; violation: UseAfterFree after_a_call()
;; violation: UseAfterFree closed_by_an_operand()
;; violation: BadAlignment aligned(3)
;; violation: BadAlignment aligned(0)
;; violation: BadAlignment aligned(131072)
;; run: aligned(65536) == 0
;; violation: OutOfMemory too_much(0xfffffff8)
;; violation: OutOfMemory too_much_aligned(0x80000000)
;; violation: AlreadyFreed closes(0)
;; violation: AlreadyFreed closes(2)
;; run: nested() == 1

;; The functions that it calls stay functions.
;;! calls: wrappers
