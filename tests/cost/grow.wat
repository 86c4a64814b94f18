;; Many allocations whose size is known only when the program runs.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))

  (func $repeat (param $count i32) (param $bytes i32) (result i32)
    (local $region i32) (local $s {seg})
    (local.set $region (call $new))
    (loop $more
      (local.set $s (call $allocate (local.get $region) (local.get $bytes)))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (call $free (local.get $region))
    (local.get $count))

  (func (export "grow") (param $count i32) (result i32)
    (call $repeat (local.get $count) (i32.const 20))))
