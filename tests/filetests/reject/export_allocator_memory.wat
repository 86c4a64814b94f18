;;! --export-allocator true
(module
  (memory 1)
  (func (export "memory")))
