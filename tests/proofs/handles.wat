;; Handles where regions have headers: which violation a handle is, and closing a region whose allocations are in other chunks.

;; levels: temporal
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "env" "memory" (memory 1))

  ;; theorem $check_close: whatever the headers are, it returns exactly if the innermost one is well-formed and has this handle
  ;; assume: @home <= @region and @region + 8 <= pages << 16
  ;; invariant 0: @home <= $1 and $1 + $3 <= @region and ($3 == 0 <=> $1 == @region)
  ;; invariant 0: $3 == 0 or word(@region) != $0
  ;; prove: returns <=> @home <= word(@region + 4) and word(@region + 4) < @region and word(@region) & 1 == 1 and word(@region) == $0
  ;; prove: not traps(memory)
  ;; neighbour: i32.ge_u -> i32.gt_u
  ;; neighbour: i32.ge_u -> i32.ge_s
  ;; neighbour: i32.const 1 #2 -> i32.const 0

  ;; The headers of the set are those of the open regions, and none is between a header and the previous one. `byte` is the address of any.
  ;; theorem $check_close: the handle of a region that is not open is AlreadyFreed; that of an open one is not
  ;; each header $h: @home < $h and $h <= @region and word($h) & 1 == 1 and word($h) <= @serial
  ;; each header $h: @home <= word($h + 4) and word($h + 4) < $h and (word($h + 4) == @home or header(word($h + 4)))
  ;; each header $h: header(byte) and byte < $h => byte <= word($h + 4)
  ;; assume: @home <= @region and @region + 8 <= pages << 16 and (@region == @home or header(@region))
  ;; invariant 0: $1 == @home or header($1)
  ;; invariant 0: header(byte) => byte <= $1 or word(byte) != $0
  ;; invariant 0: $1 + $3 <= @region and ($3 == 0 <=> $1 == @region)
  ;; invariant 0: $3 == 0 or word(@region) != $0
  ;; prove: traps(AlreadyFreed) and header(byte) => word(byte) != $0
  ;; prove: traps(NotInnermost) => @region != @home and word(@region) != $0
  ;; prove: not traps(Corrupted) and not traps(memory)
  ;; neighbour: i32.gt_u -> i32.ge_u
  ;; neighbour: i32.load offset=4 -> i32.load offset=4 i32.const 8 i32.sub

  ;; theorem $check_close: if no open region has the handle, it is AlreadyFreed
  ;; each header $h: @home < $h and $h <= @region and word($h) & 1 == 1 and word($h) <= @serial and word($h) != $0
  ;; each header $h: @home <= word($h + 4) and word($h + 4) < $h and (word($h + 4) == @home or header(word($h + 4)))
  ;; assume: @home <= @region and @region + 8 <= pages << 16 and (@region == @home or header(@region))
  ;; invariant 0: $1 == @home or header($1)
  ;; prove: not returns and not traps(NotInnermost) and not traps(Corrupted) and not traps(memory)
  ;; neighbour: i32.gt_u -> i32.gt_s
  ;; neighbour: i32.ge_u -> i32.gt_s

  ;; theorem $check_allocator: if no open region has the handle, it is UseAfterFree
  ;; each header $h: @home < $h and $h <= @region and word($h) & 1 == 1 and word($h) <= @serial and word($h) != $0
  ;; each header $h: @home <= word($h + 4) and word($h + 4) < $h and (word($h + 4) == @home or header(word($h + 4)))
  ;; assume: @home <= @region and @region + 8 <= pages << 16 and (@region == @home or header(@region))
  ;; invariant 0: $1 == @home or header($1)
  ;; prove: not returns and not traps(NotInnermost) and not traps(Corrupted) and not traps(memory)
  ;; neighbour: i32.gt_u -> i32.gt_s

  ;; theorem $scope: top and the innermost region are as before, whether or not the allocation is in another chunk
  ;; assume: @top & 7 == 0 and @top <= 0xFFFF0000 and @limit <= 0xFFFF0000
  ;; opaque: open
  ;; prove: returns and not calls($open) => @region == old(@region) and @top == old(@top)
  ;; neighbour: i64.ne -> i64.xor i32.wrap_i64
  ;; neighbour: i32.load offset=4 -> i32.load offset=4 i32.const 8 i32.add
  (func $scope (export "scope") (param $n i32) (result i64) (local $a i32) (local $s i64)
    (local.set $a (call $new))
    (local.set $s (call $allocate (local.get $a) (local.get $n)))
    (call $free (local.get $a))
    (local.get $s))
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
  (func (export "allocate") (param i32 i32) (result i64) (call $allocate (local.get 0) (local.get 1))))
