;;! representations: i32 i64 anyref
;;! directories: files
;; The properties of an open file. Its serial number is the one of the path; its times are set to 11 s and 22 s
;; first, which changes its status now. Of standard output, the host knows nothing. 99 is not a descriptor (BADF):
;; the record is not changed.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $setLong (param {seg} i32 i64)))
  (import "linmem" "wasi.path_open" (func $path_open (param i32 i32 {seg} {bytes} i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.path_filestat_get" (func $path_filestat_get (param i32 i32 {seg} {bytes} {seg}) (result i32)))
  (import "linmem" "wasi.fd_filestat_set_times" (func $fd_filestat_set_times (param i32 i64 i64 i32) (result i32)))
  (import "linmem" "wasi.filestat.dev" (func $dev (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.ino" (func $ino (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.filetype" (func $filetype (param {seg}) (result i32)))
  (import "linmem" "wasi.filestat.nlink" (func $nlink (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.size" (func $size (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.atim" (func $atim (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.mtim" (func $mtim (param {seg}) (result i64)))
  (import "linmem" "wasi.filestat.ctim" (func $ctim (param {seg}) (result i64)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $raw (param i32 i32) (result i32)))
  (import "linmem" "wasi.fd_filestat_get" (func $lifted (param i32 {seg}) (result i32)))

  ;; A segment with the path hello.txt.
  (func $path (param $region i32) (result {seg}) (local $path {seg})
    (local.set $path (call $allocate (local.get $region) (i32.const 9)))
    (call $setLong (local.get $path) (i32.const 0) (i64.const 0x78742e6f6c6c6568)) ;; "hello.tx"
    (call $setByte (local.get $path) (i32.const 8) (i32.const 0x74)) ;; "t"
    (local.get $path))

  ;; Opens it for reading (right 0x2) and writing (0x40). It is the first file that is opened: descriptor 4.
  (func $open (param $region i32)
    (drop (call $path_open (i32.const 3) (i32.const 0) (call $path (local.get $region)) {size:9} (i32.const 0)
      (i64.const 0x42) (i64.const 0) (i32.const 0)))
    (drop (call $fd_filestat_set_times (i32.const 4) (i64.const 11_000_000_000) (i64.const 22_000_000_000)
      (i32.const 5))))
  (func $new_filestat (param $region i32) (result {seg}) (local $filestat {seg})
    (local.set $filestat (call $allocate (local.get $region) (i32.const 64)))
    (call $fill (local.get $filestat) (i32.const 0) (i32.const 64) (i32.const 0xff))
    (local.get $filestat))

  ;; The fields, with 1 for the serial number of the path, and 1 for a change of the status in 2020 or later.
  (func $fields (param $region i32) (param $filestat {seg}) (result i64 i32 i32 i64 i64 i64 i64 i32)
    (local $of_path {seg})
    (local.set $of_path (call $new_filestat (local.get $region)))
    (drop (call $path_filestat_get (i32.const 3) (i32.const 0) (call $path (local.get $region)) {size:9}
      (local.get $of_path)))
    (call $dev (local.get $filestat))
    (i64.eq (call $ino (local.get $filestat)) (call $ino (local.get $of_path)))
    (call $filetype (local.get $filestat)) (call $nlink (local.get $filestat)) (call $size (local.get $filestat))
    (call $atim (local.get $filestat)) (call $mtim (local.get $filestat))
    (i64.gt_s (call $ctim (local.get $filestat)) (i64.const 1_577_836_800_000_000_000)))

  (func (export "raw") (param $fd i32) (result i32 i64 i32 i32 i64 i64 i64 i64 i32)
    (local $region i32) (local $filestat {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $filestat (call $new_filestat (local.get $region)))
    (call $raw (local.get $fd) (call $address (local.get $filestat)))
    (call $fields (local.get $region) (local.get $filestat)))

  (func (export "lifted") (param $fd i32) (result i32 i64 i32 i32 i64 i64 i64 i64 i32)
    (local $region i32) (local $filestat {seg})
    (call $open (local.tee $region (call $new)))
    (local.set $filestat (call $new_filestat (local.get $region)))
    (call $lifted (local.get $fd) (local.get $filestat))
    (call $fields (local.get $region) (local.get $filestat))))

;; run: raw(4) == (0, 1, 1, 4, 1, 13, 11000000000, 22000000000, 1)
;; run: lifted(4) == (0, 1, 1, 4, 1, 13, 11000000000, 22000000000, 1)
;; run: raw(1) == (0, 0, 0, 0, 0, 0, 0, 0, 0)
;; run: lifted(1) == (0, 0, 0, 0, 0, 0, 0, 0, 0)
;; run: raw(99) == (8, -1, 0, 255, -1, -1, -1, -1, 0)
;; run: lifted(99) == (8, -1, 0, 255, -1, -1, -1, -1, 0)
