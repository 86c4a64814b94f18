;; sha256sum with memory placed by hand: the baseline that examples/sha256sum.wat is compared with.
;;
;;   0x0400   the constants        0x1000   the buffer: 65600 bytes
;;   0x0500   the state            0x20000  the line
;;   0x0520   eight words
;;   0x0600   texts

(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $raw_args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $raw_args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $raw_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $raw_prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $raw_prestat_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $raw_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $raw_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))

  (memory (export "memory") 20)
  ;; Replacements for linmem's host calls, with memory of their own.
  (global $base (mut i32) (i32.const 0))
  (global $texts_end (mut i32) (i32.const 0))
  (func $own (result i32)
    (if (i32.eqz (global.get $base))
      (then (global.set $base (i32.shl (memory.grow (i32.const 40)) (i32.const 16)))))
    (global.get $base))
  (func $args (result i32 i64)
    (local $b i32) (local $e i32)
    (local.set $b (call $own))
    (local.set $e (call $raw_args_sizes (local.get $b) (i32.add (local.get $b) (i32.const 4))))
    (if (local.get $e) (then (return (local.get $e) (i64.const 0))))
    (global.set $texts_end
      (i32.add (i32.add (local.get $b) (i32.const 1048576)) (i32.load offset=4 (local.get $b))))
    (local.set $e (call $raw_args (i32.add (local.get $b) (i32.const 4096)) (i32.add (local.get $b) (i32.const 1048576))))
    (local.get $e)
    (i64.or
      (i64.extend_i32_u (i32.add (local.get $b) (i32.const 4096)))
      (i64.shl (i64.extend_i32_u (i32.load (local.get $b))) (i64.const 32))))
  (func $count (param $list i64) (result i32) (i32.wrap_i64 (i64.shr_u (local.get $list) (i64.const 32))))
  (func $item (param $list i64) (param $i i32) (result i32 i32)
    (local $p i32) (local $n i32)
    (local.set $p (i32.load (i32.add (i32.wrap_i64 (local.get $list)) (i32.shl (local.get $i) (i32.const 2)))))
    (block $z (loop $l
      (br_if $z (i32.eqz (i32.load8_u (i32.add (local.get $p) (local.get $n)))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $l)))
    (local.get $p) (local.get $n))
  (func $open (param $p i32) (param $size i32) (param $flags i32) (result i32 i32)
    (local $b i32) (local $fd i32) (local $n i32) (local $i i32) (local $skip i32)
    (local $e i32)
    (local.set $b (call $own))
    (local.set $fd (i32.const 3))
    (block $none (loop $dirs
      (br_if $none (call $raw_prestat (local.get $fd) (local.get $b)))
      (local.set $n (i32.load offset=4 (local.get $b)))
      (br_if $none
        (call $raw_prestat_name (local.get $fd) (i32.add (local.get $b) (i32.const 64)) (local.get $n)))
      (local.set $skip (i32.const -1))
      ;; "." matches relative paths; another name matches paths that begin with the name and a slash.
      (if (i32.and (i32.eq (local.get $n) (i32.const 1)) (i32.eq (i32.load8_u offset=64 (local.get $b)) (i32.const 46)))
        (then (if (i32.and (i32.gt_u (local.get $size) (i32.const 0)) (i32.ne (i32.load8_u (local.get $p)) (i32.const 47))) (then (local.set $skip (i32.const 0)))))
        (else (if (i32.gt_u (local.get $size) (local.get $n)) (then
          (local.set $i (i32.const 0))
          (block $no (loop $cmp
            (if (i32.lt_u (local.get $i) (local.get $n)) (then
              (br_if $no (i32.ne (i32.load8_u (i32.add (local.get $p) (local.get $i)))
                                 (i32.load8_u offset=64 (i32.add (local.get $b) (local.get $i)))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $cmp)))
            (if (i32.eq (i32.load8_u offset=63 (i32.add (local.get $b) (local.get $n))) (i32.const 47))
              (then (local.set $skip (local.get $n)))
              (else (if (i32.eq (i32.load8_u (i32.add (local.get $p) (local.get $n))) (i32.const 47))
                (then (local.set $skip (i32.add (local.get $n) (i32.const 1)))))))))))))
      (if (i32.ge_s (local.get $skip) (i32.const 0)) (then
        (local.set $e (call $raw_open (local.get $fd) (i32.const 1)
          (i32.add (local.get $p) (local.get $skip)) (i32.sub (local.get $size) (local.get $skip))
          (i32.const 0) (i64.const 0x200002) (i64.const 0x200002) (i32.const 0) (local.get $b)))
        (return (local.get $e) (i32.load (local.get $b)))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br $dirs)))
    (i32.const 44) (i32.const -1))
  (func $read_exact (param $fd i32) (param $to i32) (param $size i32) (result i32 i32)
    (local $b i32) (local $n i32) (local $e i32)
    (local.set $b (call $own))
    (block $end (loop $more
      (br_if $end (i32.eq (local.get $n) (local.get $size)))
      (i32.store (local.get $b) (i32.add (local.get $to) (local.get $n)))
      (i32.store offset=4 (local.get $b) (i32.sub (local.get $size) (local.get $n)))
      (local.set $e (call $raw_read (local.get $fd) (local.get $b) (i32.const 1) (i32.add (local.get $b) (i32.const 8))))
      (br_if $end (local.get $e))
      (br_if $end (i32.eqz (i32.load offset=8 (local.get $b))))
      (local.set $n (i32.add (local.get $n) (i32.load offset=8 (local.get $b))))
      (br $more)))
    (local.get $e) (local.get $n))
  (func $write_all (param $fd i32) (param $from i32) (param $size i32) (result i32)
    (local $b i32) (local $e i32)
    (local.set $b (call $own))
    (block $end (loop $more
      (br_if $end (i32.eqz (local.get $size)))
      (i32.store (local.get $b) (local.get $from))
      (i32.store offset=4 (local.get $b) (local.get $size))
      (local.set $e
        (call $raw_write (local.get $fd) (local.get $b) (i32.const 1) (i32.add (local.get $b) (i32.const 8))))
      (br_if $end (local.get $e))
      (local.set $from (i32.add (local.get $from) (i32.load offset=8 (local.get $b))))
      (local.set $size (i32.sub (local.get $size) (i32.load offset=8 (local.get $b))))
      (br $more)))
    (local.get $e))

  ;; The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  (data (i32.const 0x400)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")

  ;; The first 32 bits of the fractional parts of the square roots of the first eight primes.
  (data $initial
    "\67\e6\09\6a\85\ae\67\bb\72\f3\6e\3c\3a\f5\4f\a5\7f\52\0e\51\8c\68\05\9b\ab\d9\83\1f\19\cd\e0\5b")

  (data (i32.const 0x600)
    "sha256sum: "                   ;;  0, 11 bytes
    ": "                            ;; 11,  2
    "No such file or directory"     ;; 13, 25
    "Is a directory"                ;; 38, 14
    "Permission denied"             ;; 52, 17
    "error ")                       ;; 69,  6
  (data (i32.const 0x680) "write error")
  (data (i32.const 0x690) "-")

  ;; ---- The hash ----------------------------------------------------------------------------------------------------

  ;; Hashes the complete blocks of $data.
  ;;
  ;; $a to $h are the working variables. The code renames them in each round instead of moving them: it writes the new a
  ;; of a round to the local that held h, so that after eight rounds every variable is in its own local again. $x and $y
  ;; alternately hold a^b of this round and of the previous one: Maj(a, b, c) is b ^ ((a^b) & (b^c)).
  ;;
  ;; $w0 to $w3 are the last sixteen words of the message schedule. While eight rounds read the words of $w0 and $w1 from
  ;; memory, $n0 and $n1 become the eight words after $w3. The words of the last two iterations are not used.
  (func $compress (param $at i32) (param $end i32)
    (local $i i32) (local $x i32) (local $y i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local $n0 v128) (local $n1 v128) (local $s v128)
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $a (i32.load offset=1280 (i32.const 0)))
        (local.set $b (i32.load offset=1284 (i32.const 0)))
        (local.set $c (i32.load offset=1288 (i32.const 0)))
        (local.set $d (i32.load offset=1292 (i32.const 0)))
        (local.set $e (i32.load offset=1296 (i32.const 0)))
        (local.set $f (i32.load offset=1300 (i32.const 0)))
        (local.set $g (i32.load offset=1304 (i32.const 0)))
        (local.set $h (i32.load offset=1308 (i32.const 0)))
        (local.set $x (i32.xor (local.get $b) (local.get $c)))

        ;; The schedule begins with the words of the block, which are big-endian.
        (local.set $w0 (v128.load offset=0 (local.get $at)))
        (local.set $w1 (v128.load offset=16 (local.get $at)))
        (local.set $w2 (v128.load offset=32 (local.get $at)))
        (local.set $w3 (v128.load offset=48 (local.get $at)))
        (local.set $w0 (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $w0) (local.get $w0)))
        (local.set $w1 (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $w1) (local.get $w1)))
        (local.set $w2 (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $w2) (local.get $w2)))
        (local.set $w3 (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $w3) (local.get $w3)))

        (local.set $i (i32.const 0))
        (loop $eight
          (v128.store offset=1312 (i32.const 0)
            (i32x4.add (local.get $w0) (v128.load offset=1024 (local.get $i))))
          (v128.store offset=1328 (i32.const 0)
            (i32x4.add (local.get $w1) (v128.load offset=1040 (local.get $i))))

          ;; Four rounds. A comment in each names the locals that hold a, b, c, d, e, f, g, h.
          ;; a b c d e f g h
          (local.set $h (i32.add (local.get $h) (i32.load offset=1312 (i32.const 0))))
          (local.set $h (i32.add (local.get $h)
            (i32.xor (local.get $g) (i32.and (local.get $e) (i32.xor (local.get $f) (local.get $g))))))
          (local.set $h (i32.add (local.get $h) (i32.xor
            (i32.xor (i32.rotr (local.get $e) (i32.const 6)) (i32.rotr (local.get $e) (i32.const 11)))
            (i32.rotr (local.get $e) (i32.const 25)))))
          (local.set $d (i32.add (local.get $d) (local.get $h)))
          (local.set $h (i32.add (local.get $h) (i32.xor
            (i32.xor (i32.rotr (local.get $a) (i32.const 2)) (i32.rotr (local.get $a) (i32.const 13)))
            (i32.rotr (local.get $a) (i32.const 22)))))
          (local.set $y (i32.xor (local.get $a) (local.get $b)))
          (local.set $h (i32.add (local.get $h) (i32.xor (local.get $b) (i32.and (local.get $x) (local.get $y)))))
          ;; h a b c d e f g
          (local.set $g (i32.add (local.get $g) (i32.load offset=1316 (i32.const 0))))
          (local.set $g (i32.add (local.get $g)
            (i32.xor (local.get $f) (i32.and (local.get $d) (i32.xor (local.get $e) (local.get $f))))))
          (local.set $g (i32.add (local.get $g) (i32.xor
            (i32.xor (i32.rotr (local.get $d) (i32.const 6)) (i32.rotr (local.get $d) (i32.const 11)))
            (i32.rotr (local.get $d) (i32.const 25)))))
          (local.set $c (i32.add (local.get $c) (local.get $g)))
          (local.set $g (i32.add (local.get $g) (i32.xor
            (i32.xor (i32.rotr (local.get $h) (i32.const 2)) (i32.rotr (local.get $h) (i32.const 13)))
            (i32.rotr (local.get $h) (i32.const 22)))))
          (local.set $x (i32.xor (local.get $h) (local.get $a)))
          (local.set $g (i32.add (local.get $g) (i32.xor (local.get $a) (i32.and (local.get $y) (local.get $x)))))
          ;; g h a b c d e f
          (local.set $f (i32.add (local.get $f) (i32.load offset=1320 (i32.const 0))))
          (local.set $f (i32.add (local.get $f)
            (i32.xor (local.get $e) (i32.and (local.get $c) (i32.xor (local.get $d) (local.get $e))))))
          (local.set $f (i32.add (local.get $f) (i32.xor
            (i32.xor (i32.rotr (local.get $c) (i32.const 6)) (i32.rotr (local.get $c) (i32.const 11)))
            (i32.rotr (local.get $c) (i32.const 25)))))
          (local.set $b (i32.add (local.get $b) (local.get $f)))
          (local.set $f (i32.add (local.get $f) (i32.xor
            (i32.xor (i32.rotr (local.get $g) (i32.const 2)) (i32.rotr (local.get $g) (i32.const 13)))
            (i32.rotr (local.get $g) (i32.const 22)))))
          (local.set $y (i32.xor (local.get $g) (local.get $h)))
          (local.set $f (i32.add (local.get $f) (i32.xor (local.get $h) (i32.and (local.get $x) (local.get $y)))))
          ;; f g h a b c d e
          (local.set $e (i32.add (local.get $e) (i32.load offset=1324 (i32.const 0))))
          (local.set $e (i32.add (local.get $e)
            (i32.xor (local.get $d) (i32.and (local.get $b) (i32.xor (local.get $c) (local.get $d))))))
          (local.set $e (i32.add (local.get $e) (i32.xor
            (i32.xor (i32.rotr (local.get $b) (i32.const 6)) (i32.rotr (local.get $b) (i32.const 11)))
            (i32.rotr (local.get $b) (i32.const 25)))))
          (local.set $a (i32.add (local.get $a) (local.get $e)))
          (local.set $e (i32.add (local.get $e) (i32.xor
            (i32.xor (i32.rotr (local.get $f) (i32.const 2)) (i32.rotr (local.get $f) (i32.const 13)))
            (i32.rotr (local.get $f) (i32.const 22)))))
          (local.set $x (i32.xor (local.get $f) (local.get $g)))
          (local.set $e (i32.add (local.get $e) (i32.xor (local.get $g) (i32.and (local.get $y) (local.get $x)))))

          ;; Four words of the schedule. W[t] is W[t-16] + s0(W[t-15]) + W[t-7] + s1(W[t-2]). For the upper two words,
          ;; W[t-2] is one of the lower two. s1 is computed on words that are duplicated in both halves of 64 bits,
          ;; so that a 64-bit shift rotates the lower half.
          (local.set $s (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 (local.get $w0) (local.get $w1)))
          (local.set $n0 (i32x4.add
            (local.get $w0)
            (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 (local.get $w2) (local.get $w3))))
          (local.set $n0 (i32x4.add (local.get $n0) (v128.xor
            (v128.xor
              (v128.xor (i32x4.shr_u (local.get $s) (i32.const 7)) (i32x4.shl (local.get $s) (i32.const 25)))
              (v128.xor (i32x4.shr_u (local.get $s) (i32.const 18)) (i32x4.shl (local.get $s) (i32.const 14))))
            (i32x4.shr_u (local.get $s) (i32.const 3)))))
          (local.set $s (i8x16.shuffle 8 9 10 11 8 9 10 11 12 13 14 15 12 13 14 15 (local.get $w3) (local.get $w3)))
          (local.set $s (v128.xor
            (v128.xor (i64x2.shr_u (local.get $s) (i32.const 17)) (i64x2.shr_u (local.get $s) (i32.const 19)))
            (i32x4.shr_u (local.get $s) (i32.const 10))))
          (local.set $n0 (i32x4.add
            (local.get $n0)
            (i8x16.shuffle 0 1 2 3 8 9 10 11 16 16 16 16 16 16 16 16 (local.get $s) (v128.const i64x2 0 0))))
          (local.set $s (i8x16.shuffle 0 1 2 3 0 1 2 3 4 5 6 7 4 5 6 7 (local.get $n0) (local.get $n0)))
          (local.set $s (v128.xor
            (v128.xor (i64x2.shr_u (local.get $s) (i32.const 17)) (i64x2.shr_u (local.get $s) (i32.const 19)))
            (i32x4.shr_u (local.get $s) (i32.const 10))))
          (local.set $n0 (i32x4.add
            (local.get $n0)
            (i8x16.shuffle 16 16 16 16 16 16 16 16 0 1 2 3 8 9 10 11 (local.get $s) (v128.const i64x2 0 0))))

          ;; Four more rounds, and four more words.
          ;; e f g h a b c d
          (local.set $d (i32.add (local.get $d) (i32.load offset=1328 (i32.const 0))))
          (local.set $d (i32.add (local.get $d)
            (i32.xor (local.get $c) (i32.and (local.get $a) (i32.xor (local.get $b) (local.get $c))))))
          (local.set $d (i32.add (local.get $d) (i32.xor
            (i32.xor (i32.rotr (local.get $a) (i32.const 6)) (i32.rotr (local.get $a) (i32.const 11)))
            (i32.rotr (local.get $a) (i32.const 25)))))
          (local.set $h (i32.add (local.get $h) (local.get $d)))
          (local.set $d (i32.add (local.get $d) (i32.xor
            (i32.xor (i32.rotr (local.get $e) (i32.const 2)) (i32.rotr (local.get $e) (i32.const 13)))
            (i32.rotr (local.get $e) (i32.const 22)))))
          (local.set $y (i32.xor (local.get $e) (local.get $f)))
          (local.set $d (i32.add (local.get $d) (i32.xor (local.get $f) (i32.and (local.get $x) (local.get $y)))))
          ;; d e f g h a b c
          (local.set $c (i32.add (local.get $c) (i32.load offset=1332 (i32.const 0))))
          (local.set $c (i32.add (local.get $c)
            (i32.xor (local.get $b) (i32.and (local.get $h) (i32.xor (local.get $a) (local.get $b))))))
          (local.set $c (i32.add (local.get $c) (i32.xor
            (i32.xor (i32.rotr (local.get $h) (i32.const 6)) (i32.rotr (local.get $h) (i32.const 11)))
            (i32.rotr (local.get $h) (i32.const 25)))))
          (local.set $g (i32.add (local.get $g) (local.get $c)))
          (local.set $c (i32.add (local.get $c) (i32.xor
            (i32.xor (i32.rotr (local.get $d) (i32.const 2)) (i32.rotr (local.get $d) (i32.const 13)))
            (i32.rotr (local.get $d) (i32.const 22)))))
          (local.set $x (i32.xor (local.get $d) (local.get $e)))
          (local.set $c (i32.add (local.get $c) (i32.xor (local.get $e) (i32.and (local.get $y) (local.get $x)))))
          ;; c d e f g h a b
          (local.set $b (i32.add (local.get $b) (i32.load offset=1336 (i32.const 0))))
          (local.set $b (i32.add (local.get $b)
            (i32.xor (local.get $a) (i32.and (local.get $g) (i32.xor (local.get $h) (local.get $a))))))
          (local.set $b (i32.add (local.get $b) (i32.xor
            (i32.xor (i32.rotr (local.get $g) (i32.const 6)) (i32.rotr (local.get $g) (i32.const 11)))
            (i32.rotr (local.get $g) (i32.const 25)))))
          (local.set $f (i32.add (local.get $f) (local.get $b)))
          (local.set $b (i32.add (local.get $b) (i32.xor
            (i32.xor (i32.rotr (local.get $c) (i32.const 2)) (i32.rotr (local.get $c) (i32.const 13)))
            (i32.rotr (local.get $c) (i32.const 22)))))
          (local.set $y (i32.xor (local.get $c) (local.get $d)))
          (local.set $b (i32.add (local.get $b) (i32.xor (local.get $d) (i32.and (local.get $x) (local.get $y)))))
          ;; b c d e f g h a
          (local.set $a (i32.add (local.get $a) (i32.load offset=1340 (i32.const 0))))
          (local.set $a (i32.add (local.get $a)
            (i32.xor (local.get $h) (i32.and (local.get $f) (i32.xor (local.get $g) (local.get $h))))))
          (local.set $a (i32.add (local.get $a) (i32.xor
            (i32.xor (i32.rotr (local.get $f) (i32.const 6)) (i32.rotr (local.get $f) (i32.const 11)))
            (i32.rotr (local.get $f) (i32.const 25)))))
          (local.set $e (i32.add (local.get $e) (local.get $a)))
          (local.set $a (i32.add (local.get $a) (i32.xor
            (i32.xor (i32.rotr (local.get $b) (i32.const 2)) (i32.rotr (local.get $b) (i32.const 13)))
            (i32.rotr (local.get $b) (i32.const 22)))))
          (local.set $x (i32.xor (local.get $b) (local.get $c)))
          (local.set $a (i32.add (local.get $a) (i32.xor (local.get $c) (i32.and (local.get $y) (local.get $x)))))

          (local.set $s (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 (local.get $w1) (local.get $w2)))
          (local.set $n1 (i32x4.add
            (local.get $w1)
            (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 (local.get $w3) (local.get $n0))))
          (local.set $n1 (i32x4.add (local.get $n1) (v128.xor
            (v128.xor
              (v128.xor (i32x4.shr_u (local.get $s) (i32.const 7)) (i32x4.shl (local.get $s) (i32.const 25)))
              (v128.xor (i32x4.shr_u (local.get $s) (i32.const 18)) (i32x4.shl (local.get $s) (i32.const 14))))
            (i32x4.shr_u (local.get $s) (i32.const 3)))))
          (local.set $s (i8x16.shuffle 8 9 10 11 8 9 10 11 12 13 14 15 12 13 14 15 (local.get $n0) (local.get $n0)))
          (local.set $s (v128.xor
            (v128.xor (i64x2.shr_u (local.get $s) (i32.const 17)) (i64x2.shr_u (local.get $s) (i32.const 19)))
            (i32x4.shr_u (local.get $s) (i32.const 10))))
          (local.set $n1 (i32x4.add
            (local.get $n1)
            (i8x16.shuffle 0 1 2 3 8 9 10 11 16 16 16 16 16 16 16 16 (local.get $s) (v128.const i64x2 0 0))))
          (local.set $s (i8x16.shuffle 0 1 2 3 0 1 2 3 4 5 6 7 4 5 6 7 (local.get $n1) (local.get $n1)))
          (local.set $s (v128.xor
            (v128.xor (i64x2.shr_u (local.get $s) (i32.const 17)) (i64x2.shr_u (local.get $s) (i32.const 19)))
            (i32x4.shr_u (local.get $s) (i32.const 10))))
          (local.set $n1 (i32x4.add
            (local.get $n1)
            (i8x16.shuffle 16 16 16 16 16 16 16 16 0 1 2 3 8 9 10 11 (local.get $s) (v128.const i64x2 0 0))))

          (local.set $w0 (local.get $w2))
          (local.set $w1 (local.get $w3))
          (local.set $w2 (local.get $n0))
          (local.set $w3 (local.get $n1))
          (local.set $i (i32.add (local.get $i) (i32.const 32)))
          (br_if $eight (i32.lt_u (local.get $i) (i32.const 256))))

        (i32.store offset=1280 (i32.const 0)
          (i32.add (local.get $a) (i32.load offset=1280 (i32.const 0))))
        (i32.store offset=1284 (i32.const 0)
          (i32.add (local.get $b) (i32.load offset=1284 (i32.const 0))))
        (i32.store offset=1288 (i32.const 0)
          (i32.add (local.get $c) (i32.load offset=1288 (i32.const 0))))
        (i32.store offset=1292 (i32.const 0)
          (i32.add (local.get $d) (i32.load offset=1292 (i32.const 0))))
        (i32.store offset=1296 (i32.const 0)
          (i32.add (local.get $e) (i32.load offset=1296 (i32.const 0))))
        (i32.store offset=1300 (i32.const 0)
          (i32.add (local.get $f) (i32.load offset=1300 (i32.const 0))))
        (i32.store offset=1304 (i32.const 0)
          (i32.add (local.get $g) (i32.load offset=1304 (i32.const 0))))
        (i32.store offset=1308 (i32.const 0)
          (i32.add (local.get $h) (i32.load offset=1308 (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next))))

  ;; Hashes everything that can be read from $fd, and stores the hash in $state. Returns 0 or an errno.
  (func $digest (param $fd i32) (result i32)
    (local $errno i32) (local $count i32) (local $end i32) (local $length i64)
    (memory.init $initial (i32.const 0x500) (i32.const 0) (i32.const 32))
    (loop $next
      (call $read_exact (local.get $fd) (i32.const 0x1000) (i32.const 65536))
      (local.set $count)
      (if (local.tee $errno) (then (return (local.get $errno))))
      (local.set $length (i64.add (local.get $length) (i64.extend_i32_u (local.get $count))))
      (if (i32.eq (local.get $count) (i32.const 65536))
        (then
          (call $compress (i32.const 0x1000) (i32.const 0x11000))
          (br $next))))

    ;; Padding follows the data: a 1 bit, zeros, and the length in bits at the end of a block.
    (local.set $end (i32.add (i32.or (i32.add (local.get $count) (i32.const 8)) (i32.const 63)) (i32.const 1)))
    (memory.fill
      (i32.add (i32.const 0x1000) (local.get $count)) (i32.const 0) (i32.sub (local.get $end) (local.get $count)))
    (i32.store8 offset=0x1000 (local.get $count) (i32.const 0x80))
    (local.set $length (i64.shl (local.get $length) (i64.const 3)))
    (call $setBigEndian (i32.add (local.get $end) (i32.const 0xff8))
      (i32.wrap_i64 (i64.shr_u (local.get $length) (i64.const 32))))
    (call $setBigEndian (i32.add (local.get $end) (i32.const 0xffc))
      (i32.wrap_i64 (local.get $length)))
    (call $compress (i32.const 0x1000) (i32.add (i32.const 0x1000) (local.get $end)))
    (i32.const 0))

  (func $setBigEndian (param $at i32) (param $value i32)
    (i32.store (local.get $at)
      (i32.or
        (i32.and (i32.rotl (local.get $value) (i32.const 8)) (i32.const 0x00ff00ff))
        (i32.and (i32.rotr (local.get $value) (i32.const 8)) (i32.const 0xff00ff00)))))

  ;; ---- Texts -------------------------------------------------------------------------------------------------------

  ;; Appends a text to a line, and returns the end of the text. The functions below do the same.
  (func $append (param $at i32) (param $text i32) (param $size i32) (result i32)
    (memory.copy (local.get $at) (local.get $text) (local.get $size))
    (i32.add (local.get $at) (local.get $size)))

  ;; Appends a text to a line, with the escapes `\\`, `\n` and `\r`.
  (func $append_escaped (param $at i32) (param $text i32) (param $size i32) (result i32)
    (local $i i32) (local $byte i32) (local $letter i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
        (local.set $byte (i32.load8_u (i32.add (local.get $text) (local.get $i))))
        (local.set $letter (i32.const 0))
        (if (i32.eq (local.get $byte) (i32.const 0x5c)) (then (local.set $letter (i32.const 0x5c))))
        (if (i32.eq (local.get $byte) (i32.const 0x0a)) (then (local.set $letter (i32.const 0x6e))))
        (if (i32.eq (local.get $byte) (i32.const 0x0d)) (then (local.set $letter (i32.const 0x72))))
        (if (local.get $letter)
          (then
            (i32.store8 (local.get $at) (i32.const 0x5c))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (local.set $byte (local.get $letter))))
        (i32.store8 (local.get $at) (local.get $byte))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $at))

  ;; Appends eight words to a line, as 64 hexadecimal digits.
  (func $append_hash (param $at i32) (result i32)
    (local $i i32) (local $digit i32)
    (loop $next
      (local.set $digit
        (i32.and
          (i32.shr_u
            (i32.load offset=0x500 (i32.and (i32.shr_u (local.get $i) (i32.const 1)) (i32.const -4)))
            (i32.sub (i32.const 28) (i32.shl (i32.and (local.get $i) (i32.const 7)) (i32.const 2))))
          (i32.const 15)))
      (i32.store8 (i32.add (local.get $at) (local.get $i))
        (i32.add
          (local.get $digit)
          (select (i32.const 0x30) (i32.const 0x57) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 64))))
    (i32.add (local.get $at) (i32.const 64)))

  ;; Appends a number to a line, in decimal.
  (func $append_number (param $at i32) (param $number i32) (result i32)
    (if (i32.gt_u (local.get $number) (i32.const 9))
      (then
        (local.set $at
          (call $append_number
            (local.get $at) (i32.div_u (local.get $number) (i32.const 10))))))
    (i32.store8 (local.get $at)
      (i32.add (i32.const 0x30) (i32.rem_u (local.get $number) (i32.const 10))))
    (i32.add (local.get $at) (i32.const 1)))

  ;; ---- Output ------------------------------------------------------------------------------------------------------

  ;; Prints the line of a file. The line begins with a backslash if the printed name contains an escape.
  (func $print (param $name i32) (param $size i32) (result i32)
    (local $at i32) (local $start i32)
    (i32.store8 (i32.const 0x20000) (i32.const 0x5c))
    (local.set $at (call $append_hash (i32.const 0x20001)))
    (i32.store16 (local.get $at) (i32.const 0x2020))
    (local.set $at (call $append_escaped (i32.const 0x20043) (local.get $name) (local.get $size)))
    (local.set $start
      (i32.add (i32.const 0x20000) (i32.eq (local.get $at) (i32.add (i32.const 0x20043) (local.get $size)))))
    (i32.store8 (local.get $at) (i32.const 0x0a))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (call $write_all (i32.const 1) (local.get $start) (i32.sub (local.get $at) (local.get $start))))

  ;; Prints a name and an error on standard error.
  (func $complain (param $name i32) (param $size i32) (param $errno i32)
    (local $at i32)
    (local.set $at (call $append (i32.const 0x20000) (i32.const 0x600) (i32.const 11)))
    (local.set $at (call $append (local.get $at) (local.get $name) (local.get $size)))
    (local.set $at (call $append (local.get $at) (i32.const 0x60b) (i32.const 2)))
    (if (i32.eq (local.get $errno) (i32.const 44))
      (then (local.set $at (call $append (local.get $at) (i32.const 0x60d) (i32.const 25))))
      (else (if (i32.eq (local.get $errno) (i32.const 31))
        (then (local.set $at (call $append (local.get $at) (i32.const 0x626) (i32.const 14))))
        (else (if (i32.eq (local.get $errno) (i32.const 2))
          (then (local.set $at (call $append (local.get $at) (i32.const 0x634) (i32.const 17))))
          (else
            (local.set $at (call $append (local.get $at) (i32.const 0x645) (i32.const 6)))
            (local.set $at (call $append_number (local.get $at) (local.get $errno)))))))))
    (i32.store8 (local.get $at) (i32.const 0x0a))
    (drop (call $write_all (i32.const 2) (i32.const 0x20000) (i32.sub (local.get $at) (i32.const 0x1ffff)))))

  ;; ---- Files -------------------------------------------------------------------------------------------------------

  (func $is_dash (param $name i32) (param $size i32) (result i32)
    (if (result i32) (i32.eq (local.get $size) (i32.const 1))
      (then (i32.eq (i32.load8_u (local.get $name)) (i32.const 0x2d)))
      (else (i32.const 0))))

  ;; Hashes a file, and prints its line or an error. Returns 1 after an error, else 0.
  (func $file (param $name i32) (param $size i32) (result i32)
    (local $fd i32) (local $errno i32)
    (block $failed
      (if (i32.eqz (call $is_dash (local.get $name) (local.get $size)))
        (then
          (call $open (local.get $name) (local.get $size) (i32.const 0x04000000))  ;; O_RDONLY
          (local.set $fd)
          (br_if $failed (local.tee $errno))))
      (local.set $errno (call $digest (local.get $fd)))
      (if (local.get $fd)
        (then
          (drop (call $close (local.get $fd)))
          ;; For a directory, reading fails with BADF although the descriptor was just opened.
          (if (i32.eq (local.get $errno) (i32.const 8)) (then (local.set $errno (i32.const 31))))))
      (br_if $failed (local.get $errno))

      (local.set $errno (call $print (local.get $name) (local.get $size)))
      (if (local.get $errno)
        (then
          (call $complain (i32.const 0x680) (i32.const 11) (local.get $errno))
          (call $exit (i32.const 1))))
      (return (i32.const 0)))
    (call $complain (local.get $name) (local.get $size) (local.get $errno))
    (i32.const 1))

  (func (export "_start")
    (local $arguments i64) (local $errno i32) (local $count i32) (local $i i32) (local $failed i32)
    (call $args)
    (local.set $arguments)
    (if (local.tee $errno)
      (then
        (call $complain (i32.const 0x690) (i32.const 1) (local.get $errno))
        (call $exit (i32.const 1))))
    (local.set $count (call $count (local.get $arguments)))

    (if (i32.le_u (local.get $count) (i32.const 1))
      (then (local.set $failed (call $file (i32.const 0x690) (i32.const 1)))))
    (local.set $i (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (local.set $failed
          (i32.or (local.get $failed) (call $file (call $item (local.get $arguments) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (if (local.get $failed) (then (call $exit (i32.const 1))))))
