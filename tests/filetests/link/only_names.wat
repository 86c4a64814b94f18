;;! --host printImpl=test:log
;; Only a host function: there is nothing to lower, but the memory is kept.
(module
  (import "linmem" "printImpl" (func $print (param i64)))
  (func (export "run") (call $print (i64.const 5))))

;; run: run() == ()
;; log: 5
