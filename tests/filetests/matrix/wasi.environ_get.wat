;;! representations: i32 i64 anyref
;;! env: A=1 B=
;; The environment "A=1" and "B=": the addresses, and the bytes, each text followed by a NUL.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "wasi_snapshot_preview1" "environ_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.environ_get" (func $lifted (param {seg} {bytes} {seg} {bytes}) (result i32)))

  ;; The errno, the offset at which each text starts, eight of their bytes, and the byte after those.
  (func $found (param $errno i32) (param $list {seg}) (param $texts {seg}) (result i32 i32 i32 i64 i32)
    (local.get $errno)
    (i32.sub (call $getInt (local.get $list) (i32.const 0)) (call $address (local.get $texts)))
    (i32.sub (call $getInt (local.get $list) (i32.const 4)) (call $address (local.get $texts)))
    (call $getLong (local.get $texts) (i32.const 0)) (call $getUByte (local.get $texts) (i32.const 8)))

  (func $segments (result {seg} {seg}) (local $region i32) (local $list {seg}) (local $texts {seg})
    (local.set $region (call $new))
    (local.set $list (call $allocate (local.get $region) (i32.const 8)))
    (local.set $texts (call $allocate (local.get $region) (i32.const 16)))
    (call $fill (local.get $list) (i32.const 0) (i32.const 8) (i32.const 0xee))
    (call $fill (local.get $texts) (i32.const 0) (i32.const 16) (i32.const 0xee))
    (local.get $list) (local.get $texts))

  (func (export "raw") (result i32 i32 i32 i64 i32) (local $list {seg}) (local $texts {seg})
    (call $segments) (local.set $texts) (local.set $list)
    (call $found (call $raw (call $address (local.get $list)) (call $address (local.get $texts)))
      (local.get $list) (local.get $texts)))

  (func (export "lifted") (result i32 i32 i32 i64 i32) (local $list {seg}) (local $texts {seg})
    (call $segments) (local.set $texts) (local.set $list)
    (call $found (call $lifted (local.get $list) {size:8} (local.get $texts) {size:16})
      (local.get $list) (local.get $texts)))

  (func (export "lifted_exact") (result i32) (local $list {seg}) (local $texts {seg})
    (call $segments) (local.set $texts) (local.set $list)
    (call $lifted (local.get $list) {size:8}
      (call $slice (local.get $texts) (i32.const 0) (i32.const 7)) {size:7}))

  ;; Only the lifted function knows the sizes: there is no room for one address, or for the last NUL.
  (func (export "lifted_short_list") (result i32) (local $list {seg}) (local $texts {seg})
    (call $segments) (local.set $texts) (local.set $list)
    (call $lifted (call $slice (local.get $list) (i32.const 0) (i32.const 7)) {size:7} (local.get $texts) {size:16}))
  (func (export "lifted_short_texts") (result i32) (local $list {seg}) (local $texts {seg})
    (call $segments) (local.set $texts) (local.set $list)
    (call $lifted (local.get $list) {size:8}
      (call $slice (local.get $texts) (i32.const 0) (i32.const 6)) {size:6}))

  ;; The addresses are not aligned: the host traps.
  (func (export "raw_unaligned") (result i32) (local $texts {seg})
    (call $segments) (local.set $texts) (drop)
    (call $raw (i32.add (call $address (local.get $texts)) (i32.const 1)) (call $address (local.get $texts))))
  (func (export "lifted_unaligned") (result i32) (local $texts {seg})
    (call $segments) (local.set $texts) (drop)
    (call $lifted (call $slice (local.get $texts) (i32.const 1) (i32.const 8)) {size:8} (local.get $texts) {size:16})))

;; run: raw() == (0, 0, 4, 0xee003d4200313d41, 238)
;; run: lifted() == (0, 0, 4, 0xee003d4200313d41, 238)
;; run: lifted_exact() == 0
;; run: lifted_short_list() == 42
;; run: lifted_short_texts() == 42
;; trap: raw_unaligned()
;; trap: lifted_unaligned()
