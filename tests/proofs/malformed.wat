;; The part of ill-formed text that is replaced at once.

;; levels: none
;; each: E=utf8 F=Utf8 | E=wtf8 F=Wtf8
(module
  (type $chars (array (mut i16)))
  (import "linmem" "MemorySegment.get<F>" (func $get (param i32 i32 i32) (result (ref $chars))))
  (memory (export "memory") 1)

  ;; Decoders call it where at least one byte is left; they have checked that the bytes end in the memory.
  ;; theorem $malformed.<E>: one to three bytes are replaced, which exist; no other byte is read
  ;; assume: $1 >= 1 and $0 + $1 <= pages << 16
  ;; prove: returns and 1 <= r0 and r0 <= 3 and r0 <= $1
  ;; prove: within($0, $0 + $1)
  ;; prove: not traps(any)
  ;; neighbour: i32.const 3 -> i32.const 2
  ;; neighbour: i32.const 2 -> i32.const 1
  (func (export "get") (param i32 i32) (result (ref $chars))
    (call $get (local.get 0) (i32.const 0) (local.get 1))))
