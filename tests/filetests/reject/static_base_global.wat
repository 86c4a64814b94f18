;;! --base global:base
(module
  (import "env" "base" (global $base i32))
  (import "linmem:utf8" "text" (global i32))
  (memory 1))
