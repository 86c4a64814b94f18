;; Liveness where regions have headers: the first chunk, and the walk along the chunks that looks for free bytes.

;; levels: temporal
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param i64 i32) (result i32)))
  (import "env" "memory" (memory 1))

  ;; theorem $find_home: the first chunk is what `each chunk` of `reserve` says, and no region is open
  ;; assume: @top == 0 and @limit == 0 and @home == 0 and @region == 0 and @owned == 0 and pages >= 1
  ;; prove: returns => @home > 0 and @home & 7 == 0 and @home >= old(pages) << 16 and @region == @home
  ;; prove: returns => word(@home) == 0 and word(@home + 4) == 0
  ;; prove: returns => @limit + 8 == @home + 65536 and @limit + 8 <= pages << 16 and @limit + 8 <= 0xFFFF0000
  ;; prove: returns and @home <= byte and byte < @limit + 8 => granted
  ;; prove: returns => @top == @home + 8 and @owned == 1
  ;; prove: not traps(memory)
  ;; neighbour: i32.const 65528 -> i32.const 65536
  ;; neighbour: i32.ge_u -> i32.gt_u
  ;; neighbour: i32.ge_u -> i32.ge_s

  ;; A byte of a chunk is free if it is at or above top. The chunks of the set are those of the list, and no chunk is between a chunk
  ;; and the next one, nor after the last one. `byte` is the address of any of them.
  ;; theorem $check_segment: if it returns, no byte of the segment is free
  ;; each chunk $c: $c > 0 and $c & 7 == 0 and $c >= @home and $c + 8 <= pages << 16
  ;; each chunk $c: word($c) + 8 <= 0xFFFF0000
  ;; each chunk $c: word($c + 4) == 0 or chunk(word($c + 4)) and word($c + 4) >= $c + 8
  ;; each chunk $c: chunk(byte) and byte > $c => word($c + 4) != 0 and word($c + 4) <= byte
  ;; assume: chunk(@home) and @limit + 8 <= 0xFFFF0000
  ;; invariant 0: chunk($2) and $3 == if($2 == @home and @limit > word($2), @limit, word($2))
  ;; invariant 0: chunk(byte) and byte < $2 and $0 < if(byte == @home and @limit > word(byte), @limit, word(byte)) + 8 => $0 + $1 <= if(@top > byte, @top, byte) or if(@top > byte, @top, byte) >= if(byte == @home and @limit > word(byte), @limit, word(byte)) + 8
  ;; prove: returns and @top != 0 and $1 != 0 and chunk(byte) and $0 < if(byte == @home and @limit > word(byte), @limit, word(byte)) + 8 => $0 + $1 <= if(@top > byte, @top, byte) or if(@top > byte, @top, byte) >= if(byte == @home and @limit > word(byte), @limit, word(byte)) + 8
  ;; prove: not traps(memory)
  ;; neighbour: i32.const 8 -> i32.const 7
  ;; neighbour: i32.lt_u #2 -> i32.lt_s
  ;; neighbour: i64.extend_i32_u #2 -> i64.extend_i32_s

  ;; theorem $check_segment: if no byte of the segment is free, it returns
  ;; each chunk $c: $c > 0 and $c & 7 == 0 and $c >= @home and $c + 8 <= pages << 16
  ;; each chunk $c: word($c) + 8 <= 0xFFFF0000
  ;; each chunk $c: word($c + 4) == 0 or chunk(word($c + 4)) and word($c + 4) >= $c + 8
  ;; each chunk $c: $0 + $1 <= if(@top > $c, @top, $c) or $0 >= if($c == @home and @limit > word($c), @limit, word($c)) + 8 or if(@top > $c, @top, $c) >= if($c == @home and @limit > word($c), @limit, word($c)) + 8
  ;; assume: chunk(@home) and @limit + 8 <= 0xFFFF0000
  ;; invariant 0: chunk($2) and $3 == if($2 == @home and @limit > word($2), @limit, word($2))
  ;; prove: not traps(any)
  ;; neighbour: i32.lt_u #2 -> i32.le_u
  ;; neighbour: i64.gt_u -> i64.ge_u
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
  (func (export "allocate") (param i32 i32) (result i64) (call $allocate (local.get 0) (local.get 1)))
  (func (export "get") (param i64) (result i32) (call $get (local.get 0) (i32.const 0))))
