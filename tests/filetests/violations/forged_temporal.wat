;;! --safety temporal
;;! representations: anyref
;; Structures of the same shape as linmem's types, in a recursion group and alone, are not segments.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (rec
    (type $region (struct (field (mut i32)) (field (mut (ref null $region)))))
    (type $segment (struct (field i32) (field i32) (field (ref $region)))))
  (rec
    (type $region2 (struct (field (mut i32)) (field (mut (ref null $region2)))))
    (type $segment2 (struct (field i32) (field i32) (field (ref $region2))))
    (type $number (struct (field i64))))
  (func (export "group") (result i32)
    (call $getByte
      (struct.new $segment (i32.const 24) (i32.const 8) (struct.new $region (i32.const 1) (ref.null $region)))
      (i32.const 0)))
  (func (export "three") (result i32)
    (call $getByte
      (struct.new $segment2 (i32.const 24) (i32.const 8) (struct.new $region2 (i32.const 1) (ref.null $region2)))
      (i32.const 0)))
  (func (export "region") (result i32)
    (call $getByte (struct.new $region (i32.const 1) (ref.null $region)) (i32.const 0)))
  (func (export "segment") (result i32) (local $r i32)
    (call $getByte (call $allocate (local.tee $r (call $new)) (i32.const 8)) (i32.const 0))
    (call $free (local.get $r))))

;; violation: Forged group()
;; violation: Forged three()
;; violation: Forged region()
;; run: segment() == 0
