;; Closing a region that has a header: the header is compared as a whole.

;; levels: temporal
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "test" "log" (func $other (param i64)))
  (memory (export "memory") 1)

  ;; theorem $scope: a region is closed only if its header is as it was written, so that the region around it is the innermost one again
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; opaque: open check_close
  ;; prove: returns and not calls($open) => @region == old(@region)
  ;; neighbour: i64.ne -> i64.xor i32.wrap_i64
  (func $scope (export "scope") (local $a i32)
    (local.set $a (call $new))
    (call $other (call $allocate (local.get $a) (i32.const 12)))
    (call $free (local.get $a))))
