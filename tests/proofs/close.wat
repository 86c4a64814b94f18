;; Closing a region without headers: top is the mark again, whatever other code did, and if allocations took the slow path.

;; levels: none spatial
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "test" "log" (func $other (param i64)))
  (memory (export "memory") 1)

  ;; theorem $scope: top is the mark again on every path
  ;; assume: @top != 0
  ;; opaque: refill
  ;; prove: returns => @top == old(@top)
  ;; neighbour: global.set $linmem.top #3 -> i32.const 8 i32.add global.set $linmem.top
  (func $scope (export "scope") (param $n i32) (local $a i32)
    (local.set $a (call $new))
    (call $other (call $allocate (local.get $a) (i32.const 12)))
    (if (local.get $n)
      (then
        (call $other (call $allocate (local.get $a) (local.get $n)))
        (call $free (local.get $a))
        (return)))
    (call $free (local.get $a))))
