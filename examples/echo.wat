;; Prints its arguments, each on a line. Raw imports of WASI write to memory that linmem allocates; no address is fixed.

(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param i64) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param i64 i32) (result i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param i64 i32 i32) (result i64)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))

  (func (export "_start")
    (local $region i32) (local $sizes i64) (local $pointers i64) (local $text i64)
    (local $bytes i32) (local $at i32) (local $skipping i32)
    (local.set $region (call $new))
    (local.set $sizes (call $allocate (local.get $region) (i32.const 8)))
    (drop (call $sizes
      (call $address (local.get $sizes))
      (i32.add (call $address (local.get $sizes)) (i32.const 4))))
    (local.set $bytes (call $getInt (local.get $sizes) (i32.const 4)))
    (local.set $pointers
      (call $allocate (local.get $region)
        (i32.mul (call $getInt (local.get $sizes) (i32.const 0)) (i32.const 4))))
    (local.set $text (call $allocate (local.get $region) (local.get $bytes)))
    (drop (call $args (call $address (local.get $pointers)) (call $address (local.get $text))))

    ;; Each argument ends with a NUL, which is replaced by a line feed. The first argument is the name of the program.
    (local.set $skipping (i32.const -1))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $bytes)))
        (if (i32.eqz (call $getByte (local.get $text) (local.get $at)))
          (then
            (call $setByte (local.get $text) (local.get $at) (i32.const 10))
            (if (i32.eq (local.get $skipping) (i32.const -1))
              (then (local.set $skipping (i32.add (local.get $at) (i32.const 1)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (drop (call $write_all
      (i32.const 1)
      (call $slice
        (local.get $text) (local.get $skipping) (i32.sub (local.get $bytes) (local.get $skipping)))))
    (call $free (local.get $region))))
