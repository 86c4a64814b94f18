;;! --host printImpl=test:log
;; Nothing but a function of the host: there is nothing to lower, and the memory is there all the same.
(module
  (import "linmem" "printImpl" (func $print (param i64)))
  (func (export "run") (call $print (i64.const 5))))

;; run: run() == ()
;; log: 5
