;;! --safety temporal
;; An arm closes the region of a frame and branches to the end of an enclosing structure. An allocation inside the structure
;; joins the frame, since no path to it passes through the close; one after the structure checks the handle again.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (func (export "closed") (param $c i32) (result i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8)))
    (block $out
      (if (local.get $c) (then (call $free (local.get $r)) (br $out)))
      (drop (call $address (call $allocate (local.get $r) (i32.const 16)))))
    (i32.sub (call $address (call $allocate (local.get $r) (i32.const 24))) (call $address (local.get $s)))))

;; run: closed(0) == 24
;; violation: UseAfterFree closed(1)
