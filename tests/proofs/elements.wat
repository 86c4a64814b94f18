;; Copies between arrays and segments: the checks, with the helpers that copy, and of a few elements without them.

;;! representations: i64 anyref
;; each: E=i8 B=1 | E=i16 B=2 | E=i32 B=4 | E=i64 B=8 | E=f32 B=4 | E=f64 B=8 | E=v128 B=16
(module
  (type $elements (array (mut <E>)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.copyFromArray" (func $from (param {seg} i32 (ref null $elements) i32 i32)))
  (import "linmem" "MemorySegment.copyToArray" (func $to (param {seg} i32 (ref null $elements) i32 i32)))
  (memory (export "memory") 1)

  ;; theorem $many: a copy of an array fails exactly if it leaves the segment; otherwise the helper is told to copy this part of it
  ;; assume: valid($s)
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> * $n > size($s)
  ;; prove: calls($copy_from_array.<E>.0) => segment($s) and argument($copy_from_array.<E>.0, 3) == $n and argument($copy_from_array.<E>.0, 2) == $i and argument($copy_from_array.<E>.0, 1) == $a
  ;; prove: calls($copy_from_array.<E>.0) and $n > 0 => argument($copy_from_array.<E>.0, 0) == start($s) + $o
  ;; opaque: check_segment copy_from_array.<E>.0
  ;; planted: ArrayBytesWrap BoundsWrap
  ;; call: run_many(start($s), size($s), $o, length($a), $i, $n)
  ;; host: $a != 0 and length($a) <= 4096
  (func $many (param $s {seg}) (param $o i32) (param $a (ref null $elements)) (param $i i32) (param $n i32)
    (nop)
    (call $from (local.get $s) (local.get $o) (local.get $a) (local.get $i) (local.get $n)))
  (func (export "run_many") (param i32 i32 i32 i32 i32 i32)
    (call $many (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)
      (array.new_default $elements (local.get 3)) (local.get 4) (local.get 5)))

  ;; theorem $few: the same for three elements, which are stored without a loop
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> * 3 > size($s)
  ;; prove: traps(array) <=> segment($s) and $o + <B> * 3 <= size($s) and $a != 0 and $i + 3 > length($a)
  ;; prove: writes => segment($s) and $o + <B> * 3 <= size($s) and $a != 0 and $i + 3 <= length($a)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; planted: BoundsWrap
  ;; call: run_few(start($s), size($s), $o, length($a), $i)
  ;; host: $a != 0 and length($a) <= 4096
  (func $few (param $s {seg}) (param $o i32) (param $a (ref null $elements)) (param $i i32)
    (nop)
    (call $from (local.get $s) (local.get $o) (local.get $a) (local.get $i) (i32.const 3)))
  (func (export "run_few") (param i32 i32 i32 i32 i32)
    (call $few (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)
      (array.new_default $elements (local.get 3)) (local.get 4)))

  ;; theorem $read: the same for three elements that are assigned without a loop: no element is, unless the array has all
  ;; assume: valid($s) and (segment($s) => mapped($s))
  ;; prove: traps(OutOfBounds) <=> segment($s) and $o + <B> * 3 > size($s)
  ;; prove: traps(array) <=> segment($s) and $o + <B> * 3 <= size($s) and $a != 0 and $i + 3 > length($a)
  ;; prove: writes => segment($s) and $o + <B> * 3 <= size($s) and $a != 0 and $i + 3 <= length($a)
  ;; prove: inside($s)
  ;; opaque: check_segment
  ;; planted: BoundsWrap ArrayInlineUnchecked
  ;; call: run_read(start($s), size($s), $o, length($a), $i)
  ;; host: $a != 0 and length($a) <= 4096
  (func $read (param $s {seg}) (param $o i32) (param $a (ref null $elements)) (param $i i32)
    (nop)
    (call $to (local.get $s) (local.get $o) (local.get $a) (local.get $i) (i32.const 3)))
  (func (export "run_read") (param i32 i32 i32 i32 i32)
    (call $read (call $ofAddress (local.get 0) (local.get 1)) (local.get 2)
      (array.new_default $elements (local.get 3)) (local.get 4))))
