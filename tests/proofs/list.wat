;; The list of chunks where regions have no headers: how it begins, and how a region is closed whose allocation is in a later chunk.

;; levels: none spatial
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "env" "memory" (memory 1))

  ;; theorem $find_home: the first chunk is what `each chunk` of `refill` says
  ;; assume: @top == 0 and @limit == 0 and @home == 0 and @owned == 0 and pages >= 1
  ;; prove: returns => @home > 0 and @home & 7 == 0 and @home >= old(pages) << 16
  ;; prove: returns => word(@home) == 0 and word(@home + 4) == 0
  ;; prove: returns => @limit == @home + 65536 and @limit <= pages << 16 and @limit <= 0xFFFF0000
  ;; prove: returns and @home <= byte and byte < @limit => granted
  ;; prove: returns => @top == @home + 8 and @owned == 1
  ;; prove: not traps(memory)
  ;; neighbour: i32.const 65535 -> i32.const 65536
  ;; neighbour: i32.ge_u -> i32.gt_u
  ;; neighbour: i32.ge_u -> i32.ge_s

  ;; theorem $scope: top is the mark again, and limit is 0 or the end of home, also if the allocation is in another chunk
  ;; assume: @top != 0 and (@limit == 0 or word(@home) == 0 or @limit == word(@home))
  ;; prove: returns => @top == old(@top)
  ;; prove: returns => @limit == old(@limit) or @limit == 0 or @limit == word(@home)
  ;; prove: returns => @home == old(@home)
  ;; neighbour: global.set $linmem.top #2 -> i32.const 8 i32.add global.set $linmem.top
  (func $scope (export "scope") (param $n i32) (result i64) (local $a i32) (local $s i64)
    (local.set $a (call $new))
    (local.set $s (call $allocate (local.get $a) (local.get $n)))
    (call $free (local.get $a))
    (local.get $s)))
