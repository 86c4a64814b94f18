;; Each exported function has one mistake. The line of its export names the kind and, if not all, the safety levels, the types
;; of segments and the nesting policy it is made with; the lines of the access, the allocation and the free are marked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.slice" (func $slice (param {seg} i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getByte" (func $getByte (param {seg} i32) (result i32)))
  (import "linmem" "MemorySegment.getLong" (func $getLong (param {seg} i32) (result i64)))
  (import "linmem" "MemorySegment.getDouble" (func $getDouble (param {seg} i32) (result f64)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $setByte (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setShort" (func $setShort (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.setVector" (func $setVector (param {seg} i32 v128)))
  (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
  (import "linmem" "MemorySegment.copy" (func $copy (param {seg} i32 {seg} i32 i32)))
  (import "linmem" "MemorySegment.getAndAddInt" (func $getAndAddInt (param {seg} i32 i32) (result i32)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 {seg} {bytes}) (result i32 i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "test" "pass" (func $pass (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $thrown)
  (data $bytes "0123456789abcdef")

  (func (export "get_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (call $setInt (local.get $s) (i32.const 4) (i32.const 1))
    (call $free (local.get $r)) ;; @free
    (drop (call $getInt (local.get $s) (i32.const 4)))) ;; @access

  (func (export "set_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 13))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $setByte (local.get $s) (i32.const 12) (i32.const 1))) ;; @access

  (func (export "get_byte_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (call $pass (i32.const 9)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $getByte (local.get $s) (call $pass (i32.const 8))))) ;; @access

  (func (export "get_long_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $aligned (local.get $r) (i32.const 8) (i32.const 64))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $getLong (local.get $s) (i32.const 0)))) ;; @access

  (func (export "get_double_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 24)))
    (local.set $s (call $allocate (local.get $r) (i32.const 24))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $getDouble (local.get $s) (i32.const 16)))) ;; @access

  (func (export "set_vector_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 32))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $setVector (local.get $s) (i32.const 16) (v128.const i64x2 1 2))) ;; @access

  (func (export "set_short_after_free_of_aligned") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $aligned (local.get $r) (call $pass (i32.const 100)) (call $pass (i32.const 256)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $setShort (local.get $s) (i32.const 98) (i32.const 1))) ;; @access

  (func (export "fill_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 200))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $fill (local.get $s) (i32.const 0) (call $pass (i32.const 200)) (i32.const 1))) ;; @access

  (func (export "small_fill_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 20))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $fill (local.get $s) (i32.const 0) (i32.const 20) (i32.const 1))) ;; @access

  (func (export "copy_from_freed") ;; UseAfterFree
    (local $r i32) (local $q i32) (local $s {seg}) (local $t {seg})
    (local.set $r (call $new))
    (local.set $t (call $allocate (local.get $r) (i32.const 100)))
    (local.set $q (call $new))
    (local.set $s (call $allocate (local.get $q) (i32.const 100))) ;; @allocation
    (call $free (local.get $q)) ;; @free
    (call $copy (local.get $t) (i32.const 0) (local.get $s) (i32.const 0) (i32.const 100)) ;; @access
    (call $free (local.get $r)))

  (func (export "small_copy_to_freed") ;; UseAfterFree
    (local $r i32) (local $q i32) (local $s {seg}) (local $t {seg})
    (local.set $r (call $new))
    (local.set $t (call $allocate (local.get $r) (i32.const 12)))
    (local.set $q (call $new))
    (local.set $s (call $allocate (local.get $q) (i32.const 12))) ;; @allocation
    (call $free (local.get $q)) ;; @free
    (call $copy (local.get $s) (i32.const 0) (local.get $t) (i32.const 0) (i32.const 12)) ;; @access
    (call $free (local.get $r)))

  (func (export "atomic_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $getAndAddInt (local.get $s) (i32.const 4) (i32.const 1)))) ;; @access

  (func (export "load_after_free") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (i32.load offset=12 (local.get $p)))) ;; @access

  (func (export "store_after_free") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (i64.store (local.get $p) (i64.const 1))) ;; @access

  (func (export "vector_load_after_free") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (v128.load (local.get $p)))) ;; @access

  (func (export "lane_store_after_free") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 3)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (v128.store8_lane offset=2 1 (local.get $p) (v128.const i64x2 1 2))) ;; @access

  (func (export "compare_exchange_after_free") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (i64.atomic.rmw.cmpxchg offset=8 (local.get $p) (i64.const 1) (i64.const 2)))) ;; @access

  (func (export "memory_fill_after_free") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (memory.fill (local.get $p) (i32.const 1) (i32.const 16))) ;; @access

  (func (export "memory_copy_from_freed") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $q i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $q (call $new))
    (local.set $p (call $address (call $allocate (local.get $q) (i32.const 16)))) ;; @allocation
    (call $free (local.get $q)) ;; @free
    (memory.copy (call $address (call $allocate (local.get $r) (i32.const 16))) (local.get $p) (i32.const 16)) ;; @access
    (call $free (local.get $r)))

  (func (export "memory_init_of_freed") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (memory.init $bytes (local.get $p) (i32.const 0) (i32.const 16))) ;; @access

  ;; A function that only passes on is lowered where it is called, and its places are those of the call. These do more.
  (func $allocates (param $r i32) (result {seg})
    (nop)
    (call $allocate (local.get $r) (i32.const 40))) ;; @allocation in_other_functions @allocation leaves_in_other_function
  (func $closes (param $r i32)
    (nop)
    (call $free (local.get $r))) ;; @free in_other_functions @access closed_twice_in_other_functions
  (func $reads (param $p i32) (result i32)
    (i32.load8_u (local.get $p))) ;; @access in_other_functions @access leaves_in_other_function
  (func (export "in_other_functions") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocates (local.get $r))))
    (call $closes (local.get $r))
    (drop (call $reads (local.get $p))))

  (func (export "leaves_in_other_function") ;; Overlap none spatial temporal
    (local $r i32)
    (local.set $r (call $new))
    (drop (call $reads (i32.add (call $address (call $allocates (local.get $r))) (i32.const 40))))
    (call $free (local.get $r)))

  (func (export "after_memory_was_used_again") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 16)))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 64)))
    (i32.store (local.get $p) (i32.const 1)) ;; @access
    (call $free (local.get $r)))

  (func (export "in_counted_loop") ;; UseAfterFree
    (local $r i32) (local $s {seg}) (local $i i32)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 64))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (loop $next
      (call $setByte (local.get $s) (local.get $i) (i32.const 1)) ;; @access
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64)))))

  (func (export "inner_region_is_closed") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $q i32) (local $p i32)
    (local.set $r (call $new))
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (local.set $q (call $new))
    (local.set $p (call $address (call $allocate (local.get $q) (i32.const 8)))) ;; @allocation
    (call $free (local.get $q)) ;; @free
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (drop (i64.load (local.get $p))) ;; @access
    (call $free (local.get $r)))

  (func (export "one_of_two_arms_closes") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8)))) ;; @allocation
    (if (call $pass (i32.const 1))
      (then (call $free (local.get $r)))) ;; @free
    (i32.store8 (local.get $p) (i32.const 0))) ;; @access

  (func (export "written_after_free") ;; UseAfterFree
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8))) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $write (i32.const 1) (local.get $s) {size:8}) ;; @access
    (drop) (drop))

  (func (export "raw_write_of_freed") ;; UseAfterFree none spatial temporal
    (local $r i32) (local $q i32) (local $p i32) (local $list i32)
    (local.set $r (call $new))
    (local.set $list (call $address (call $allocate (local.get $r) (i32.const 12))))
    (local.set $q (call $new))
    (local.set $p (call $address (call $allocate (local.get $q) (i32.const 6)))) ;; @allocation
    (call $free (local.get $q)) ;; @free
    (i32.store (local.get $list) (local.get $p))
    (i32.store offset=4 (local.get $list) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (local.get $list) (i32.const 1) (i32.add (local.get $list) (i32.const 8)))) ;; @access
    (call $free (local.get $r)))

  (func (export "list_is_too_short") ;; Overlap none spatial temporal
    (local $r i32) (local $list i32) (local $count i32)
    (local.set $r (call $new))
    (local.set $count (call $address (call $allocate (local.get $r) (i32.const 4))))
    (local.set $list (call $address (call $allocate (local.get $r) (i32.const 8)))) ;; @allocation
    (i64.store (local.get $list) (i64.const 0))
    (drop (call $fd_write (i32.const 1) (local.get $list) (i32.const 2) (local.get $count))) ;; @access
    (call $free (local.get $r)))

  (func (export "result_is_too_small") ;; Overlap none spatial temporal
    (local $r i32)
    (local.set $r (call $new))
    (drop (call $clock (i32.const 0) (i64.const 0) ;; @access
      (call $address (call $allocate (local.get $r) (i32.const 4))))) ;; @allocation
    (call $free (local.get $r)))

  (func (export "get_past_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (drop (call $getInt (local.get $s) (i32.const 16))) ;; @access
    (call $free (local.get $r)))

  (func (export "set_one_byte_past_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (call $pass (i32.const 13)))) ;; @allocation
    (call $setByte (local.get $s) (call $pass (i32.const 13)) (i32.const 1)) ;; @access
    (call $free (local.get $r)))

  (func (export "set_across_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 8))) ;; @allocation
    (call $setInt (local.get $s) (i32.const 6) (i32.const -1)) ;; @access
    (call $free (local.get $r)))

  (func (export "store_across_two_allocations") ;; Overlap none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8)))) ;; @allocation
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (i64.store offset=4 (local.get $p) (i64.const -1)) ;; @access
    (call $free (local.get $r)))

  (func (export "load_before_start") ;; Overlap none spatial
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8)))) ;; @allocation
    (drop (i32.load (i32.sub (local.get $p) (i32.const 4)))) ;; @access
    (call $free (local.get $r)))

  (func (export "fill_past_end") ;; Overlap
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 100))) ;; @allocation
    (call $fill (local.get $s) (i32.const 0) (call $pass (i32.const 101)) (i32.const 1)) ;; @access
    (call $free (local.get $r)))

  (func (export "copy_past_end") ;; Overlap
    (local $r i32) (local $s {seg}) (local $t {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 200)))
    (local.set $t (call $allocate (local.get $r) (i32.const 100))) ;; @allocation
    (call $copy (local.get $t) (i32.const 50) (local.get $s) (i32.const 0) (i32.const 51)) ;; @access
    (call $free (local.get $r)))

  (func (export "memory_fill_of_two_allocations") ;; Overlap none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8)))) ;; @allocation
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (memory.fill (local.get $p) (i32.const 1) (i32.const 24)) ;; @access
    (call $free (local.get $r)))

  (func (export "far_outside_in_another_allocation") ;; Overlap types: i64 anyref
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 16))) ;; @allocation
    (drop (call $allocate (local.get $r) (i32.const 1000)))
    (drop (call $getLong (local.get $s) (i32.const 500))) ;; @access
    (call $free (local.get $r)))

  (func (export "outside_of_slice") ;; Overlap types: i64 anyref
    (local $r i32) (local $s {seg})
    (local.set $r (call $new))
    (local.set $s (call $slice (call $allocate (local.get $r) (i32.const 16)) (i32.const 4) (i32.const 4))) ;; @allocation
    (call $setInt (local.get $s) (call $pass (i32.const 2)) (i32.const 1)) ;; @access
    (call $free (local.get $r)))

  (func (export "never_allocated") ;; NeverAllocated none spatial temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8))))
    (i32.store offset=1000 (local.get $p) (i32.const 1)) ;; @access
    (call $free (local.get $r)))

  (func (export "header_of_chunk") ;; Header none spatial temporal
    (local $r i32)
    (local.set $r (call $new))
    ;; The first chunk begins after the declared page.
    (i32.store offset=4 (i32.const 65536) (i32.const 0)) ;; @access
    (call $free (local.get $r)))

  (func (export "header_of_region") ;; Header temporal
    (local $r i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8))))
    (drop (i32.load (i32.sub (local.get $p) (i32.const 4)))) ;; @access
    (call $free (local.get $r)))

  (func (export "closed_twice") ;; DoubleFree
    (local $r i32)
    (local.set $r (call $new)) ;; @allocation
    (drop (call $allocate (local.get $r) (i32.const 8)))
    (call $free (local.get $r)) ;; @free
    (call $free (local.get $r))) ;; @access

  (func (export "closed_twice_around_another") ;; DoubleFree
    (local $r i32) (local $q i32)
    (local.set $r (call $new)) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (local.set $q (call $new))
    (call $free (local.get $r)) ;; @access
    (call $free (local.get $q)))

  (func (export "closed_twice_in_other_functions") ;; DoubleFree
    (local $r i32)
    (local.set $r (call $new)) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (call $closes (local.get $r)))

  (func (export "closed_twice_of_outermost") ;; DoubleFree nesting: outermost
    (local $r i32) (local $q i32)
    (local.set $r (call $new)) ;; @allocation
    (local.set $q (call $new))
    (call $free (local.get $r)) ;; @free
    (call $free (local.get $r)) ;; @access
    (call $free (local.get $q)))

  (func (export "after_last_close_of_outermost") ;; UseAfterFree none spatial temporal nesting: outermost
    (local $r i32) (local $q i32) (local $p i32)
    (local.set $r (call $new))
    (local.set $q (call $new))
    (local.set $p (call $address (call $allocate (local.get $r) (i32.const 8)))) ;; @allocation
    (call $free (local.get $r))
    (i32.store (local.get $p) (i32.const 1))
    (call $free (local.get $q)) ;; @free
    (i32.store (local.get $p) (i32.const 1))) ;; @access

  (func (export "closed_out_of_order") ;; OutOfOrder
    (local $r i32) (local $q i32)
    (local.set $r (call $new)) ;; @allocation
    (local.set $q (call $new))
    (call $free (local.get $r)) ;; @access
    (call $free (local.get $q)))

  (func (export "allocation_from_closed") ;; UseAfterFree
    (local $r i32)
    (local.set $r (call $new)) ;; @allocation
    (call $free (local.get $r)) ;; @free
    (drop (call $allocate (local.get $r) (i32.const 8)))) ;; @access

  (func (export "allocation_from_outer") ;; NotInnermost
    (local $r i32) (local $q i32)
    (local.set $r (call $new)) ;; @allocation
    (local.set $q (call $new))
    (drop (call $allocate (local.get $r) (call $pass (i32.const 8)))) ;; @access
    (call $free (local.get $q))
    (call $free (local.get $r)))

  (func (export "unknown_handle") ;; UnknownRegion
    (local $r i32)
    (local.set $r (call $new))
    (call $free (i32.add (local.get $r) (i32.const 80))) ;; @access
    (call $free (local.get $r)))

  (func (export "never_closed") ;; Leak none spatial temporal
    (drop (call $allocate (call $new) (i32.const 8)))) ;; @allocation

  (func (export "not_closed_on_early_return") ;; Leak none spatial temporal
    (local $r i32)
    (local.set $r (call $new)) ;; @allocation
    (if (call $pass (i32.const 1)) (then (return)))
    (call $free (local.get $r)))

  (func $throws (param $r i32)
    (throw $thrown))
  (func (export "not_closed_by_exception") ;; Leak none spatial temporal
    (block $caught
      (try_table (catch $thrown $caught)
        (call $throws (call $new)))))) ;; @allocation
