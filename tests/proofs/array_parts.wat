;; The helpers that compute the size of a range of an array, and make an array of bytes.

;; levels: none
;; each: E=i8 B=1 | E=i16 B=2 | E=i32 B=4 | E=i64 B=8 | E=f32 B=4 | E=f64 B=8 | E=v128 B=16
(module
  (type $elements (array (mut <E>)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateArray" (func $allocate (param i32 (ref null $elements) i32 i32) (result i32 i32)))
  (import "linmem" "MemorySegment.toArray" (func $toArray (param i32 i32 i32) (result (ref $elements))))
  (memory (export "memory") 1)

  ;; theorem $array_size.<E>.0: the size of a range is its number of bytes, or 2^32 - 1 if no segment has as many; a range that is not in the array traps
  ;; prove: traps(null) <=> old($0) == 0
  ;; prove: traps(array) <=> old($0) != 0 and old($1) + old($2) > length(old($0))
  ;; prove: returns => r0 == if(<B> * old($2) < 4294967295, <B> * old($2), 4294967295)
  ;; planted: ArrayIndexWraps
  ;; neighbour: i64.gt_u -> i64.ge_u
  (func (export "allocate") (param $array (ref null $elements)) (param $index i32) (param $count i32) (result i32 i32)
    (call $allocate (call $new) (local.get $array) (local.get $index) (local.get $count)))

  ;; theorem $new_array.<E>.0: a new array has as many elements as it should, and all are copied from the address
  ;; prove: returns => length(r0) == old($1)
  ;; prove: calls($copy_to_array.<E>.0)
  ;; prove: argument($copy_to_array.<E>.0, 0) == old($0) and argument($copy_to_array.<E>.0, 1) == r0
  ;; prove: argument($copy_to_array.<E>.0, 2) == 0 and argument($copy_to_array.<E>.0, 3) == old($1)
  ;; opaque: copy_to_array.<E>.0
  ;; neighbour: i32.const 0 -> i32.const 1
  (func (export "to_array") (param $from i32) (param $count i32) (result (ref $elements))
    (call $toArray (local.get $from) (i32.const 0) (local.get $count))))
