;;! --share allocator:malloc
;; Chunks from the program's allocator, which may return any address: a chunk is in the block, and is linked at its place.

;; levels: none
(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "test" "grow" (func $malloc (param i32) (result i32)))
  (memory (export "memory") 1)

  ;; $2 << 16 is the size of the block and $3 its address; $4 is the chunk, $5 its end, and $6 the chunk before it.
  ;; theorem $claim: of a block that ends at 2^32 or below, the chunk is the part from the first multiple of 8 to the last one, below the ceiling
  ;; assume: 22 <= $0 and $0 <= 0xFFFF0000 and @owned <= 65536
  ;; invariant 0: $6 < $4
  ;; prove: returns => r0 == $3 and ($2 << 16 >= $0 or r0 == 0)
  ;; prove: returns and r0 != 0 and $3 + ($2 << 16) <= 0x100000000 => $4 == round($3, 8) and $5 & 7 == 0 and $5 <= $3 + ($2 << 16) and $5 <= 0xFFFF0000
  ;; prove: returns and r0 != 0 and $3 + ($2 << 16) <= 0xFFFF0000 => $5 + 7 >= $3 + ($2 << 16)
  ;; prove: returns and r0 != 0 and $3 + ($2 << 16) <= 0x100000000 and $6 == 0 and @home == $4 => word(@home) == $5 and word(@home + 4) == 0
  ;; prove: returns and r0 != 0 and $6 != 0 and $6 + 8 <= $4 => word($6 + 4) == $4 and word($4) == $5 and (word($4 + 4) == 0 or word($4 + 4) >= $4)
  ;; neighbour: i32.const 7 -> i32.const 8
  ;; neighbour: i64.const 4294901760 -> i64.const 4294967296
  ;; neighbour: i64.extend_i32_u #2 -> i64.extend_i32_s
  ;; neighbour: i32.lt_u #2 -> i32.le_u
  (func (export "malloc") (param i32) (result i32) (call $malloc (local.get 0)))
  (func (export "allocate") (param i32) (result i32) (call $allocate (i32.const 0) (local.get 0))))
