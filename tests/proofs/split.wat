;; A memory that the program and linmem both grow: the program owns the pages below the split, linmem those above it.

;; levels: none
(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "take") (param i32) (result i32) (call $allocate (i32.const 0) (local.get 0)))

  ;; theorem $program_size: the program sees its own pages
  ;; prove: r0 == if(@split == 0, pages, @pages)
  ;; prove: @split == old(@split) and @pages == old(@pages) and pages == old(pages)
  ;; neighbour: global.get $linmem.pages -> global.get $linmem.split
  (func (export "size") (result i32) (memory.size))

  ;; theorem $program_grow: the program's pages are contiguous and end at the split; it gets no page above
  ;; assume: @split == 0 or @pages <= @split and @split <= pages
  ;; prove: old(@split) == 0 => @split == 0 and (r0 == old(pages) and pages == r0 + $0 or r0 == 0xFFFFFFFF and pages == old(pages))
  ;; prove: old(@split) != 0 and old(@pages) + $0 <= @split => r0 == old(@pages) and @pages == r0 + $0
  ;; prove: old(@split) != 0 and old(@pages) + $0 > @split => r0 == 0xFFFFFFFF and @pages == old(@pages)
  ;; prove: old(@split) != 0 => @split == old(@split) and @pages <= @split and pages == old(pages) and not granted
  ;; neighbour: i64.gt_u -> i64.ge_u
  ;; neighbour: i64.add -> i32.wrap_i64 i32.const 1 i32.add i64.extend_i32_u i64.add
  (func (export "more") (param i32) (result i32) (memory.grow (local.get 0)))

  ;; theorem $grow: linmem gets pages that memory.grow returned, above the split and above the program's pages
  ;; assume: @split == 0 or @pages <= @split and @split <= pages
  ;; assume: $0 <= 65536
  ;; invariant 0: $0 == old($0) and $1 == pages and pages == old(pages) and @split == 0 and @pages == old(@pages)
  ;; invariant 0: $2 == if($1 == 0, 1, $1) and $3 <= 65536
  ;; prove: returns and r0 != 0xFFFFFFFF => @pages <= @split and @split <= r0 and r0 + $0 <= pages and @split != 0
  ;; prove: returns and r0 != 0xFFFFFFFF and old(@split) == 0 => @pages == old(pages) and r0 == @split
  ;; prove: returns and r0 != 0xFFFFFFFF and old(@split) != 0 => @pages == old(@pages) and @split == old(@split)
  ;; prove: returns and r0 != 0xFFFFFFFF and r0 << 16 <= byte and byte < (r0 + $0) << 16 => granted
  ;; prove: returns and r0 == 0xFFFFFFFF => @split == old(@split) and @pages == old(@pages) and pages == old(pages)
  ;; neighbour: i32.sub -> i32.const 1 i32.add i32.sub
  ;; neighbour: i32.gt_u -> i32.lt_u
  )
