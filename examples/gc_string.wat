;; The main use of linmem: a string on the GC heap is passed to the host in a segment whose region is open for one
;; call.

(module
  (type $string (array i8))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param i64 i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 i64) (result i32)))
  (data $text "a string of the garbage-collected heap\n")

  (func $print (param $string (ref $string)) (result i32)
    (local $region i32) (local $bytes i64) (local $i i32) (local $errno i32)
    (local.set $region (call $new))
    (local.set $bytes (call $allocate (local.get $region) (array.len (local.get $string))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (array.len (local.get $string))))
        (call $setByte (local.get $bytes) (local.get $i) (array.get_u $string (local.get $string) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.set $errno (call $write_all (i32.const 1) (local.get $bytes)))
    (call $free (local.get $region))
    (local.get $errno))

  (func (export "_start")
    (drop (call $print (array.new_data $string $text (i32.const 0) (i32.const 39))))))
