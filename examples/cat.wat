;; Copies standard input to standard output, chunk by chunk. Lifted host calls take a segment and return their results;
;; `wasi.write_all` writes until everything is written. linmem builds the iovecs.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "wasi.fd_read" (func $read (param i32 i64) (result i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))

  (func (export "_start")
    (local $region i32) (local $buffer i64) (local $errno i32) (local $count i32)
    (local.set $region (call $new))
    (local.set $buffer (call $allocate (local.get $region) (i32.const 65536)))
    (block $failed
      (block $end
        (loop $next
          (call $read (i32.const 0) (local.get $buffer))
          (local.set $count)
          (br_if $failed (local.tee $errno))
          (br_if $end (i32.eqz (local.get $count)))
          (br_if $failed
            (local.tee $errno
              (call $write_all (i32.const 1) (call $slice (local.get $buffer) (i32.const 0) (local.get $count)))))
          (br $next)))
      (call $free (local.get $region))
      (return))
    (call $exit (i32.const 1))
    (unreachable)))
