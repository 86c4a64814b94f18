;; The exact size of UTF-8 and WTF-8 of UTF-16 units.

;; levels: none
(module
  (type $chars (array (mut i16)))
  (import "linmem" "Text.utf8Size" (func $utf8Size (param (ref null $chars) i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; A unit has one byte and `more`: a pair has four bytes, two for each unit. In the code, local 1 is the index, 2 the number
  ;; of units that are left, 3 the size, 8 the array, 9 the unit. The unit before the index is not the first one of a pair.
  ;; theorem $text_size.utf8.i16.0: the size of UTF-8 and WTF-8 is one to three bytes for each unit and four for each pair, at most 2^32 - 1
  ;; sum more $i <= 2: if(element($0, $i) < 0x80, 0, if(element($0, $i) < 0x800, 1, if(element($0, $i) & 0xFC00 == 0xD800 and $i + 1 < $1 + $2 and element($0, $i + 1) & 0xFC00 == 0xDC00, 1, if($i > $1 and element($0, $i - 1) & 0xFC00 == 0xD800 and element($0, $i) & 0xFC00 == 0xDC00, 1, 2))))
  ;; invariant 0: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $8 == old($0)
  ;; invariant 0: $3 == old($2) + more(old($1), $1)
  ;; invariant 0: $1 == old($1) or element(old($0), $1 - 1) < 0x80
  ;; invariant 1: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $8 == old($0)
  ;; invariant 1: $3 == old($2) + more(old($1), $1)
  ;; invariant 1: $1 == old($1) or element(old($0), $1 - 1) < 0x80
  ;; invariant 2: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $8 == old($0) and $2 >= 1 and step($1)
  ;; invariant 2: $9 == element(old($0), $1) and $9 >= 0x80
  ;; invariant 2: $3 == old($2) + more(old($1), $1)
  ;; invariant 2: $1 == old($1) or not (element(old($0), $1 - 1) & 0xFC00 == 0xD800 and element(old($0), $1) & 0xFC00 == 0xDC00)
  ;; invariant 3: $1 + $2 == old($1) + old($2) and $1 >= old($1) and $8 == old($0)
  ;; invariant 3: $3 == old($2) + more(old($1), $1)
  ;; invariant 3: $1 == old($1) or $2 == 0 or not (element(old($0), $1 - 1) & 0xFC00 == 0xD800 and element(old($0), $1) & 0xFC00 == 0xDC00)
  ;; prove: returns => r0 == if(old($2) + more(old($1), old($1) + old($2)) > 0xFFFFFFFF, 0xFFFFFFFF, old($2) + more(old($1), old($1) + old($2)))
  ;; prove: traps(null) <=> $0 == 0
  ;; prove: traps(array) => old($1) + old($2) > length(old($0))
  ;; planted: TextSizeOfPair
  (func (export "utf8") (param (ref null $chars) i32 i32) (result i32)
    (call $utf8Size (local.get 0) (local.get 1) (local.get 2))))
