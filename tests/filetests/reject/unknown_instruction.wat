(module (func (i32.jump (i32.const 1))))
