;; The helpers that copy between arrays and the memory. Local 0 is the address, 1 the array, 2 the index, 3 the number of elements
;; that are left, and 4 the array again. Loop 0 copies eight elements in each round, loop 1 one.

;; levels: none
;; each: E=i8 S=0 T=i32 G=array.get_u | E=i32 S=2 T=i32 G=array.get | E=i64 S=3 T=i64 G=array.get
(module
  (type $elements (array (mut <E>)))
  (import "linmem" "MemorySegment.copyFromArray" (func $from (param i32 i32 (ref null $elements) i32 i32)))
  (import "linmem" "MemorySegment.copyToArray" (func $to (param i32 i32 (ref null $elements) i32 i32)))
  (memory (export "memory") 1)

  ;; theorem $copy_from_array.<E>.0: elements are copied exactly if the array and the memory have all of them; otherwise nothing is written
  ;; logic: QF_AUFBV
  ;; invariant 0: $0 + ($3 << <S>) == old($0) + (old($3) << <S>)
  ;; invariant 0: $2 + $3 == old($2) + old($3)
  ;; invariant 0: 8 <= $3
  ;; invariant 0: $3 <= old($3)
  ;; invariant 0: $4 == $1
  ;; invariant 1: $0 + ($3 << <S>) == old($0) + (old($3) << <S>)
  ;; invariant 1: $2 + $3 == old($2) + old($3)
  ;; invariant 1: 1 <= $3
  ;; invariant 1: $3 <= old($3)
  ;; invariant 1: $4 == $1
  ;; prove: traps(null) <=> $1 == 0
  ;; prove: traps(array) <=> $1 != 0 and old($2) + old($3) > length($1)
  ;; prove: traps(memory) <=> $1 != 0 and old($2) + old($3) <= length($1) and old($3) > 0 and old($0) + (old($3) << <S>) > pages << 16
  ;; prove: not traps(unreachable)
  ;; prove: traps(memory) or within(old($0), old($0) + (old($3) << <S>))
  ;; prove: writes => $1 != 0 and old($2) + old($3) <= length($1) and old($0) + (old($3) << <S>) <= pages << 16
  ;; prove: returns => $3 == 0
  ;; planted: ArrayIndexWraps ArrayAddressUnchecked ArrayRoundLess
  ;; neighbour: i64.gt_u #2 -> i64.ge_u
  ;; call: run_from($0, length($1), $2, $3)
  ;; host: $1 != 0 and length($1) <= 4096 and $3 > 0
  (func (export "run_from") (param $to i32) (param $length i32) (param $index i32) (param $count i32) (result i32)
    (call $from (local.get $to) (i32.const 0) (array.new $elements (<T>.const 1) (local.get $length)) (local.get $index)
      (local.get $count))
    (i32.load8_u (i32.add (local.get $to) (i32.shl (i32.sub (local.get $count) (i32.const 1)) (i32.const <S>)))))

  ;; theorem $copy_to_array.<E>.0: bytes are copied exactly if the array and the memory have all of them; otherwise nothing is assigned
  ;; logic: QF_AUFBV
  ;; invariant 0: $0 + ($3 << <S>) == old($0) + (old($3) << <S>)
  ;; invariant 0: $2 + $3 == old($2) + old($3)
  ;; invariant 0: 8 <= $3
  ;; invariant 0: $3 <= old($3)
  ;; invariant 0: $4 == $1
  ;; invariant 1: $0 + ($3 << <S>) == old($0) + (old($3) << <S>)
  ;; invariant 1: $2 + $3 == old($2) + old($3)
  ;; invariant 1: 1 <= $3
  ;; invariant 1: $3 <= old($3)
  ;; invariant 1: $4 == $1
  ;; prove: traps(null) <=> $1 == 0
  ;; prove: traps(array) <=> $1 != 0 and old($2) + old($3) > length($1)
  ;; prove: traps(memory) <=> $1 != 0 and old($2) + old($3) <= length($1) and old($3) > 0 and old($0) + (old($3) << <S>) > pages << 16
  ;; prove: not traps(unreachable)
  ;; prove: traps(memory) or within(old($0), old($0) + (old($3) << <S>))
  ;; prove: writes => $1 != 0 and old($2) + old($3) <= length($1) and old($0) + (old($3) << <S>) <= pages << 16
  ;; prove: returns => $3 == 0
  ;; planted: ArrayIndexWraps ArrayAddressUnchecked ArrayRoundLess
  ;; neighbour: i64.gt_u #2 -> i64.ge_u
  ;; call: run_to($0, length($1), $2, $3)
  ;; host: $1 != 0 and length($1) <= 4096 and $3 > 0
  (func (export "run_to") (param $from i32) (param $length i32) (param $index i32) (param $count i32) (result <T>)
    (local $array (ref null $elements))
    (local.set $array (array.new $elements (<T>.const 1) (local.get $length)))
    (call $to (local.get $from) (i32.const 0) (local.get $array) (local.get $index) (local.get $count))
    (<G> $elements (local.get $array)
      (i32.sub (i32.add (local.get $index) (local.get $count)) (i32.const 1)))))
