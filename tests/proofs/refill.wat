;; The slow path of allocations: it tries each chunk from home on, and grows the memory after the last one.

;; levels: none
(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 1))

  ;; A chunk begins with its end and the address of the next chunk, which is higher. The end of home may be in `limit` instead.
  ;; theorem $refill_aligned: the result is aligned and not below top, in bytes that linmem owned or that memory.grow returned; chunks ascend
  ;; each chunk $c: $c > 0 and $c & 7 == 0 and ($c == @home or $c >= @home + 8)
  ;; each chunk $c: $c + 8 <= pages << 16 and $c <= if($c == @home, word($c) | @limit, word($c))
  ;; each chunk $c: if($c == @home, word($c) | @limit, word($c)) <= pages << 16 and if($c == @home, word($c) | @limit, word($c)) <= 0xFFFF0000
  ;; each chunk $c: $c + 8 <= byte and byte < if($c == @home, word($c) | @limit, word($c)) => owned(byte)
  ;; each chunk $c: word($c + 4) == 0 or chunk(word($c + 4)) and word($c + 4) >= $c + 8
  ;; each owned $b: true
  ;; assume: chunk(@home) and (@limit == 0 or word(@home) == 0 or @limit == word(@home))
  ;; assume: $0 != 0 and $0 & 7 == 0 and $0 <= 0xFFFF0000 and @owned <= 65536
  ;; assume: power($2) and 8 <= $2 and $2 <= 65536
  ;; invariant 0: $0 == old($0) and $1 == old($1) and $2 == old($2)
  ;; invariant 0: $3 > 0 and $3 & 7 == 0 and $3 + 8 <= pages << 16
  ;; invariant 0: $3 <= word($3) and word($3) <= 0xFFFF0000 and word($3) <= pages << 16
  ;; invariant 0: chunk($3) and untouched or word($3 + 4) == 0
  ;; invariant 0: $3 + 8 <= byte and byte < word($3) => owned(byte) or granted
  ;; invariant 0: chunk(byte) => word(byte + 4) == 0 or word(byte + 4) >= byte + 8
  ;; prove: returns and chunk(byte) => word(byte + 4) == 0 or word(byte + 4) >= byte + 8
  ;; prove: returns => round(r0, $2) == r0
  ;; prove: returns => r0 >= $0 and r0 + round($1, 8) == @top and @top <= pages << 16 and @top <= 0xFFFF0000
  ;; prove: returns and r0 <= byte and byte < @top => owned(byte) or granted
  ;; prove: returns => @limit == if($3 == @home, word($3), 0) and @top <= word($3)
  ;; prove: not traps(memory)
  ;; prefer: @home == 8 and word(8) == 4095 and @limit == 0 and $0 == 16 and $1 == 4080 and $2 == 8
  ;; neighbour: i64.const 0 #2 -> i64.const 1
  ;; neighbour: i32.ne -> i32.eq
  ;; neighbour: i32.add #3 -> i32.add i32.const 1 i32.add
  (func (export "allocate") (param i32) (result i32) (call $allocate (i32.const 0) (local.get 0)))
  (func (export "aligned") (param i32 i32) (result i32) (call $aligned (i32.const 0) (local.get 0) (local.get 1))))
