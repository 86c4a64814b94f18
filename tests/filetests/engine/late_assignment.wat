;;! --safety temporal --nesting outermost
;; The local that the handle was read from is assigned a segment before the handle is used. The handle is checked.
(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func $pass (param i32) (result i32) (local.get 0))
  (func (export "run") (param $given i32) (result i32) (local $x i32) (local $y i32) (local $s i32)
    (local.set $x (call $pass (call $new)))
    (local.set $y (call $new))
    (local.set $s (call $allocate (local.get $y) (i32.const 8)))
    local.get $x
    local.get $s
    local.set $x
    i32.const 8
    call $allocate
    drop
    (local.get $x)
    (call $free (local.get $y))))

;; run: run(0) == 32
