;; The slow path of allocations where regions have headers: a chunk ends 8 bytes earlier, so that a header always fits.

;; levels: temporal
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "env" "memory" (memory 1))

  ;; theorem $try_refill_aligned: as without headers, and 8 bytes of the chunk are left
  ;; each chunk $c: $c > 0 and $c & 7 == 0 and ($c == @home or $c >= @home + 8)
  ;; each chunk $c: $c + 8 <= pages << 16 and $c <= word($c) + 8
  ;; each chunk $c: word($c) + 8 <= pages << 16 and word($c) + 8 <= 0xFFFF0000
  ;; each chunk $c: $c + 8 <= byte and byte < word($c) + 8 => owned(byte)
  ;; each chunk $c: word($c + 4) == 0 or chunk(word($c + 4)) and word($c + 4) >= $c + 8
  ;; each owned $b: true
  ;; assume: chunk(@home) and @limit + 8 <= pages << 16 and @limit + 8 <= 0xFFFF0000
  ;; assume: @home + 8 <= byte and byte < @limit + 8 => owned(byte)
  ;; assume: $0 != 0 and $0 & 7 == 0 and $0 <= 0xFFFF0000 and @owned <= 65536
  ;; assume: power($2) and 8 <= $2 and $2 <= 65536
  ;; invariant 0: $0 == old($0) and $1 == old($1) and $2 == old($2) and @top == $0
  ;; invariant 0: $3 > 0 and $3 & 7 == 0 and $3 + 8 <= pages << 16
  ;; invariant 0: $3 <= word($3) + 8 and word($3) + 8 <= 0xFFFF0000 and word($3) + 8 <= pages << 16
  ;; invariant 0: chunk($3) and untouched or word($3 + 4) == 0
  ;; invariant 0: $3 + 8 <= byte and byte < word($3) + 8 => owned(byte) or granted
  ;; invariant 0: chunk(byte) => word(byte + 4) == 0 or word(byte + 4) >= byte + 8
  ;; prove: returns and chunk(byte) => word(byte + 4) == 0 or word(byte + 4) >= byte + 8
  ;; prove: returns and r0 != 0 => round(r0, $2) == r0 and r0 >= $0 and r0 + round($1, 8) == @top
  ;; prove: returns and r0 != 0 => @top + 8 <= pages << 16 and @top + 8 <= 0xFFFF0000
  ;; prove: returns and r0 != 0 and r0 <= byte and byte < @top + 8 => owned(byte) or granted
  ;; prove: returns and r0 != 0 => @limit == if($3 == @home, word($3), 0) and @top <= word($3)
  ;; prove: returns and r0 == 0 => @top == old($0)
  ;; prove: not traps(any)
  ;; prefer: @home == 8 and word(8) == 4087 and @limit == 4087 and $0 == 16 and $1 == 4072 and $2 == 8
  ;; neighbour: i32.const 8 #3 -> i32.const 7
  ;; neighbour: i64.const 0 #2 -> i64.const 1
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
  (func (export "allocate") (param i32 i32) (result i32) (call $allocate (local.get 0) (local.get 1)))
  (func (export "aligned") (param i32 i32) (result i32) (call $aligned (local.get 0) (local.get 1) (i32.const 64))))
