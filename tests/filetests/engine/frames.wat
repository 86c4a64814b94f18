;;! --static-frames off
;;! representations: i32 i64 anyref
;; Which allocations share a bump.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "test" "nop" (func $nop))

  ;; Across a call.
  (func (export "across") (result i32)
    (local $region i32) (local $a {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (call $nop)
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 8))) (call $address (local.get $a))))

  ;; From a region that the caller opened.
  (func (export "parameter") (param $region i32) (result i32)
    (local $a {seg})
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 8))) (call $address (local.get $a))))

  ;; Not from a handle that may belong to another region.
  (func (export "changing") (param $region i32) (result i32)
    (local $a {seg})
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (local.set $region (local.get $region))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 8))) (call $address (local.get $a))))

  ;; In an arm that may not run, if it is small.
  (func (export "arm") (param $which i32) (result i32)
    (local $region i32) (local $a {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 8)))
    (if (result i32) (local.get $which)
      (then (call $address (call $allocate (local.get $region) (i32.const 1024))))
      (else (call $address (call $allocate (local.get $region) (i32.const 1025))))))

  ;; Never more bytes than one bump can reserve.
  (func (export "full") (result i32)
    (local $region i32) (local $a {seg})
    (local.set $region (call $new))
    (local.set $a (call $allocate (local.get $region) (i32.const 65520)))
    (drop (call $allocate (local.get $region) (i32.const 8)))
    (drop (call $allocate (local.get $region) (i32.const 8)))
    (i32.sub (call $address (call $allocate (local.get $region) (i32.const 65529))) (call $address (local.get $a))))

  ;; Two regions, each with its own frame.
  (func (export "two") (result i32)
    (local $outer i32) (local $inner i32) (local $a {seg}) (local $b {seg})
    (local.set $outer (call $new))
    (local.set $a (call $allocate (local.get $outer) (i32.const 8)))
    (local.set $inner (call $new))
    (local.set $b (call $allocate (local.get $inner) (i32.const 8)))
    (drop (call $allocate (local.get $inner) (i32.const 16)))
    (call $free (local.get $inner))
    (drop (call $allocate (local.get $outer) (i32.const 24)))
    (i32.sub (call $address (local.get $b)) (call $address (local.get $a)))))

;; run: across() == 8
;; run: parameter(16) == 8
;; run: changing(16) == 8
;; run: arm(1) == 72
;; run: full() == 65536
;; run: two() == 32
