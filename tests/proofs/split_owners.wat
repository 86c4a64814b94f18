;; A split memory, over all sequences of what the program and linmem do: invariants of the helpers. The program's size is
;; `if(@split == 0, pages, @pages)`. Each byte that linmem owns is above the split.

;; levels: none
(module
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "take") (param i32) (result i32) (call $allocate (i32.const 0) (local.get 0)))

  ;; theorem $program_size: the program is told its size, and nothing changes; a new instance satisfies the invariant
  ;; assume: @split == 0 or @pages <= @split and @split <= pages
  ;; each owned $b: @split != 0 and @split << 16 <= $b and $b < pages << 16
  ;; prove: initial(@split) == 0
  ;; prove: r0 == if(@split == 0, pages, @pages) and r0 == if(old(@split) == 0, old(pages), old(@pages))
  ;; prove: owned(byte) => byte >= r0 << 16
  ;; prove: @split == 0 or @pages <= @split and @split <= pages
  ;; neighbour: global.get $linmem.pages -> global.get $linmem.pages i32.const 1 i32.add
  (func (export "size") (result i32) (memory.size))

  ;; theorem $program_grow: the program is told what a memory of its own would tell it; it gets no byte of linmem
  ;; assume: @split == 0 or @pages <= @split and @split <= pages
  ;; each owned $b: @split != 0 and @split << 16 <= $b and $b < pages << 16
  ;; prove: returns and r0 != 0xFFFFFFFF => r0 == if(old(@split) == 0, old(pages), old(@pages)) and if(@split == 0, pages, @pages) == r0 + $0
  ;; prove: returns and r0 == 0xFFFFFFFF => if(@split == 0, pages, @pages) == if(old(@split) == 0, old(pages), old(@pages))
  ;; prove: returns and @split != 0 and 0 <= byte and byte < @pages << 16 => byte < pages << 16
  ;; prove: returns and owned(byte) => @split != 0 and @split << 16 <= byte and byte < pages << 16 and byte >= @pages << 16
  ;; prove: returns and old(@split) == 0 and granted => byte < pages << 16
  ;; prove: returns => @split == 0 or @pages <= @split and @split <= pages
  ;; neighbour: i64.gt_u -> i64.const 1 i64.add i64.gt_u
  ;; neighbour: i64.add -> i64.add i32.wrap_i64 i64.extend_i32_u
  (func (export "more") (param i32) (result i32) (memory.grow (local.get 0)))

  ;; theorem $grow: linmem gets bytes that nobody had, above the split; the program's size is as before
  ;; assume: @split == 0 or @pages <= @split and @split <= pages
  ;; assume: $0 <= 65536
  ;; each owned $b: @split != 0 and @split << 16 <= $b and $b < pages << 16
  ;; invariant 0: $0 == old($0) and $1 == pages and pages == old(pages) and @split == 0 and old(@split) == 0 and @pages == old(@pages)
  ;; invariant 0: $2 == if($1 == 0, 1, $1) and $3 <= 65536
  ;; prove: returns => if(@split == 0, pages, @pages) == if(old(@split) == 0, old(pages), old(@pages))
  ;; prove: returns and r0 != 0xFFFFFFFF and r0 << 16 <= byte and byte < (r0 + $0) << 16 => not owned(byte) and @split << 16 <= byte
  ;; prove: returns and r0 != 0xFFFFFFFF and r0 << 16 <= byte and byte < (r0 + $0) << 16 => byte >= @pages << 16 and byte < pages << 16
  ;; prove: returns and owned(byte) => @split != 0 and @split << 16 <= byte and byte < pages << 16
  ;; prove: returns => @split == 0 or @pages <= @split and @split <= pages
  ;; neighbour: i32.sub -> i32.const 1 i32.add i32.sub
  ;; neighbour: global.set $linmem.pages -> i32.const 1 i32.add global.set $linmem.pages
  )
