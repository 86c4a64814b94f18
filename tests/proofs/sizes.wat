;; The size of UTF-8: the worst case, and which units are read.

;; levels: none
(module
  (type $chars (array (mut i16)))
  (import "linmem" "Text.utf8Size" (func $utf8Size (param (ref null $chars) i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; Local 1 is the index, 2 the number of units that are left, 3 the size, 9 the unit.
  ;; theorem $text_size.utf8.i16.0: UTF-8 has one to three bytes for each unit of UTF-16; all units are in the range, and it is in the array
  ;; invariant 0: $1 + $2 == old($1) + old($2) and $2 <= old($2) and $8 == old($0)
  ;; invariant 0: old($2) <= $3 and $3 <= old($2) + 2 * (old($2) - $2)
  ;; invariant 1: $1 + $2 == old($1) + old($2) and $2 <= old($2) and $8 == old($0)
  ;; invariant 1: old($2) <= $3 and $3 <= old($2) + 2 * (old($2) - $2)
  ;; invariant 2: $1 + $2 == old($1) + old($2) and $2 <= old($2) and $8 == old($0) and $2 >= 1 and $9 >= 128
  ;; invariant 2: old($2) <= $3 and $3 <= old($2) + 2 * (old($2) - $2)
  ;; invariant 3: $1 + $2 == old($1) + old($2) and $2 <= old($2) and $8 == old($0)
  ;; invariant 3: old($2) <= $3 and $3 <= old($2) + 2 * (old($2) - $2)
  ;; prove: returns => old($1) + old($2) <= length(old($0)) and r0 <= 3 * old($2)
  ;; prove: returns => r0 >= old($2)
  ;; prove: traps(array) => old($1) + old($2) > length(old($0))
  ;; neighbour: i64.const 2 -> i64.const 3
  ;; neighbour: i64.gt_u -> i64.const 1 i64.add i64.gt_u
  (func (export "utf8") (param (ref null $chars) i32 i32) (result i32)
    (call $utf8Size (local.get 0) (local.get 1) (local.get 2))))
