;; The room for encoded text: three bytes for each unit, or the size that was computed. The encoder and the computation of the
;; size are not executed. Local 6 of `write_text` is the computed size.

;; levels: none
;; each: E=utf8 F=Utf8 | E=wtf8 F=Wtf8
(module
  (type $chars (array (mut i16)))
  (import "linmem" "MemorySegment.set<F>" (func $set (param i32 i32 (ref null $chars) i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.allocate<F>" (func $allocate (param i32 (ref null $chars) i32 i32) (result i32 i32)))
  (import "linmem" "MemorySegment.setLatin1" (func $setLatin1 (param i32 i32 (ref null $chars) i32 i32) (result i32)))
  (import "env" "memory" (memory 1))

  ;; theorem $write_text.<E>.i16.0: text is encoded only if it ends in the room and in the memory; else nothing is encoded
  ;; opaque: text_size.utf8.i16.0 encode.<E>.i16.0
  ;; prove: calls($encode.<E>.i16.0) => $2 != 0 and $3 + $4 <= length($2)
  ;; prove: calls($encode.<E>.i16.0) and not calls($text_size.utf8.i16.0) => 3 * $4 <= $1 and $0 + 3 * $4 <= old(pages) << 16
  ;; prove: calls($encode.<E>.i16.0) and calls($text_size.utf8.i16.0) => $6 <= $1 and $0 + $6 <= pages << 16
  ;; prove: calls($encode.<E>.i16.0) => argument($encode.<E>.i16.0, 0) == $0 and argument($encode.<E>.i16.0, 2) == $3 and argument($encode.<E>.i16.0, 3) == $4
  ;; prove: returns and not calls($encode.<E>.i16.0) => $4 == 0 and r0 == 0 or r0 > $1 and r0 == $6
  ;; prove: calls($text_size.utf8.i16.0) => 3 * $4 > $1 or $0 + 3 * $4 > old(pages) << 16
  ;; prove: traps(array) => $3 + $4 > length($2)
  ;; prove: traps(memory) => calls($text_size.utf8.i16.0)
  ;; planted: TextWritesPart
  ;; neighbour: i64.const 3 -> i64.const 2
  ;; neighbour: i64.gt_u #2 -> i64.const 1 i64.add i64.gt_u
  ;; neighbour: i64.gt_u #3 -> i64.ge_u
  ;; neighbour: i32.gt_u -> i32.gt_s
  (func (export "set") (param i32 i32 (ref null $chars) i32 i32) (result i32)
    (call $set (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))

  ;; theorem $allocate_text.<E>.i16.0: text is encoded at top only if it ends at limit or below, and else after its size is computed
  ;; opaque: text_size.utf8.i16.0 encode.<E>.i16.0 bump
  ;; prove: calls($encode.<E>.i16.0) => $0 != 0 and $1 + $2 <= length($0)
  ;; prove: calls($encode.<E>.i16.0) and not calls($text_size.utf8.i16.0) => old(@top) + round(3 * $2, 8) <= old(@limit)
  ;; prove: calls($encode.<E>.i16.0, 0) => argument($encode.<E>.i16.0, 0, 0) == old(@top) and not calls($text_size.utf8.i16.0)
  ;; prove: calls($encode.<E>.i16.0, 1) => calls($text_size.utf8.i16.0)
  ;; prove: calls($text_size.utf8.i16.0) => old(@top) + round(3 * $2, 8) > old(@limit)
  ;; prove: traps(array) => $1 + $2 > length($0)
  ;; neighbour: i64.const 3 -> i64.const 2
  ;; neighbour: i64.le_u -> i32.wrap_i64 i64.extend_i32_s i64.le_s
  (func (export "allocate") (param (ref null $chars) i32 i32) (result i32 i32)
    (call $allocate (i32.const 0) (local.get 0) (local.get 1) (local.get 2)))

  ;; theorem $write_text.latin1.i16.0: the same, with one byte for each unit
  ;; opaque: text_size.latin1.i16.0 encode.latin1.i16.0
  ;; prove: calls($encode.latin1.i16.0) => $2 != 0 and $3 + $4 <= length($2)
  ;; prove: calls($encode.latin1.i16.0) and not calls($text_size.latin1.i16.0) => $4 <= $1 and $0 + $4 <= old(pages) << 16
  ;; prove: calls($encode.latin1.i16.0) and calls($text_size.latin1.i16.0) => $6 <= $1 and $0 + $6 <= pages << 16
  ;; prove: returns and not calls($encode.latin1.i16.0) => $4 == 0 and r0 == 0 or r0 > $1 and r0 == $6
  ;; planted: TextWritesPart
  ;; neighbour: i64.gt_u #2 -> i64.const 1 i64.add i64.gt_u
  (func (export "latin1") (param i32 i32 (ref null $chars) i32 i32) (result i32)
    (call $setLatin1 (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))
