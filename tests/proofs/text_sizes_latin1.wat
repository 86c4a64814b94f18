;; The exact size of Latin-1 of UTF-16 units.

;; levels: none
(module
  (type $chars (array (mut i16)))
  (import "linmem" "Text.latin1Size" (func $latin1Size (param (ref null $chars) i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; Local 5 is the array, 6 the unit.
  ;; theorem $text_size.latin1.i16.0: the size of Latin-1 is one byte for each unit outside of pairs and for each pair
  ;; sum pairs $i <= 1: if($i > $1 and element($0, $i - 1) & 0xFC00 == 0xD800 and element($0, $i) & 0xFC00 == 0xDC00, 1, 0)
  ;; invariant 0: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $5 == old($0)
  ;; invariant 0: $3 == old($2) - pairs(old($1), $1)
  ;; invariant 0: $1 == old($1) or element(old($0), $1 - 1) < 0x100
  ;; invariant 1: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $5 == old($0)
  ;; invariant 1: $3 == old($2) - pairs(old($1), $1)
  ;; invariant 1: $1 == old($1) or element(old($0), $1 - 1) < 0x100
  ;; invariant 2: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $5 == old($0) and $2 >= 1 and step($1)
  ;; invariant 2: $6 == element(old($0), $1) and $6 >= 0x100
  ;; invariant 2: $3 == old($2) - pairs(old($1), $1)
  ;; invariant 2: $1 == old($1) or not (element(old($0), $1 - 1) & 0xFC00 == 0xD800 and element(old($0), $1) & 0xFC00 == 0xDC00)
  ;; invariant 3: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $5 == old($0)
  ;; invariant 3: $3 == old($2) - pairs(old($1), $1)
  ;; invariant 3: $1 == old($1) or $2 == 0 or not (element(old($0), $1 - 1) & 0xFC00 == 0xD800 and element(old($0), $1) & 0xFC00 == 0xDC00)
  ;; prove: returns => r0 == old($2) - pairs(old($1), old($1) + old($2))
  ;; prove: traps(null) <=> $0 == 0
  ;; prove: traps(array) => old($1) + old($2) > length(old($0))
  ;; neighbour: i32.const 2 -> i32.const 1
  (func (export "latin1") (param (ref null $chars) i32 i32) (result i32)
    (call $latin1Size (local.get 0) (local.get 1) (local.get 2))))
