//! The function that a program of scopes runs, built by the library door.

use crate::differential::program::Variant;
use crate::differential::scopes::program::{INNER_BYTES, Op};
use linmem::build::{FunctionBuilder, FunctionId, Label, Local, ModuleBuilder, Region};
use linmem::wasm_encoder::{BlockType, Catch, Instruction, ValType};
use linmem::{Nesting, Representation, Unwind, Zero};

/// Imports the functions of the host: `next`, `opened`, `allocated` and `leaving`.
fn imports(module: &mut ModuleBuilder) -> [FunctionId; 4] {
    let next = module.function_type([], [ValType::I32, ValType::I32]);
    let opened = module.function_type([ValType::I32, ValType::I32], []);
    let note = module.function_type([ValType::I32], []);
    [
        module.import_function("test", "next", next),
        module.import_function("test", "opened", opened),
        module.import_function("test", "allocated", note),
        module.import_function("test", "leaving", note),
    ]
}

/// The test module of a variant.
pub(crate) fn lower(variant: Variant) -> Vec<u8> {
    let config = variant.config().with_unwind(Unwind::Release).with_base(None);
    // Regions do not depend on the representation of segments. If segments are references, closing a region must invalidate them.
    let representation = if variant.zero == Zero::Never { Representation::Packed } else { Representation::ALL[2] };
    let mut module = ModuleBuilder::new(&config, representation).unwrap();
    let [next, opened, allocated, leaving] = imports(&mut module);
    let nothing = module.function_type([], []);
    let tag = module.tag(nothing).0;
    let scope = module.declare_function("scope", nothing);
    let body = Body { next, opened, allocated, leaving, scope, tag, nests: variant.nesting != Nesting::Forbid };
    module.define_with(scope, |f| body.write(f)).unwrap();
    let catching = module
        .function("catching", nothing, |f| {
            f.block(BlockType::Empty, |f, _| {
                f.instruction(&Instruction::TryTable(BlockType::Empty, vec![Catch::All { label: 0 }].into()));
                f.call(scope);
                f.instruction(&Instruction::End);
            });
        })
        .unwrap();
    module.export("run", catching);
    module.finish().unwrap()
}

struct Body {
    next: FunctionId,
    opened: FunctionId,
    allocated: FunctionId,
    leaving: FunctionId,
    scope: FunctionId,
    tag: u32,
    /// Whether scopes may nest lexically.
    nests: bool,
}

impl Body {
    fn write(&self, f: &mut FunctionBuilder) {
        let (op, bytes) = (f.local(ValType::I32), f.local(ValType::I32));
        f.block(BlockType::Empty, |f, out| {
            f.region(|f, region| {
                self.report_opened(f, region, 0);
                f.block(BlockType::Empty, |f, end| {
                    f.loop_(BlockType::Empty, |f, again| {
                        f.call(self.next);
                        f.set(bytes, linmem::build::OnStack);
                        f.set(op, linmem::build::OnStack);
                        self.on(f, op, Op::FallThrough, |f| f.br(end));
                        self.on(f, op, Op::BranchOut, |f| f.br(out));
                        self.on(f, op, Op::Return, |f| f.return_());
                        self.on(f, op, Op::Throw, |f| f.instruction(&Instruction::Throw(self.tag)));
                        self.on(f, op, Op::Call, |f| f.call(self.scope));
                        self.on(f, op, Op::CallAndCatch, |f| {
                            f.block(BlockType::Empty, |f, _| {
                                let catch = vec![Catch::All { label: 0 }];
                                f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                                f.call(self.scope);
                                f.instruction(&Instruction::End);
                            });
                        });
                        self.on(f, op, Op::TailCall, |f| f.instruction(&Instruction::ReturnCall(self.scope.0)));
                        self.on(f, op, Op::Allocate, |f| {
                            let segment = f.allocate_dynamic(region, bytes);
                            f.address(segment);
                            f.call(self.allocated);
                        });
                        self.on(f, op, Op::Frame, |f| {
                            let segment = f.allocate(region, 24);
                            f.allocate(region, 100);
                            f.address(segment);
                            f.call(self.allocated);
                        });
                        if self.nests {
                            self.inner(f, op, (out, again));
                        }
                        f.br(again);
                    });
                });
            });
        });
    }

    /// The inner scope.
    fn inner(&self, f: &mut FunctionBuilder, op: Local, (out, again): (Label, Label)) {
        let leave = |f: &mut FunctionBuilder, op: Op| {
            f.push(op as i32);
            f.call(self.leaving);
        };
        let is_inner = |f: &mut FunctionBuilder| {
            f.push(op);
            f.push(Op::Inner as i32);
            f.instruction(&Instruction::I32GeU);
        };
        f.if_(is_inner, |f, _| {
            f.block(BlockType::Empty, |f, landing| {
                f.region(|f, inner| {
                    self.report_opened(f, inner, 1);
                    let segment = f.allocate_dynamic(inner, INNER_BYTES);
                    f.address(segment);
                    f.call(self.allocated);
                    self.on(f, op, Op::InnerContinue, |f| {
                        leave(f, Op::InnerContinue);
                        f.br(again);
                    });
                    self.on(f, op, Op::InnerOut, |f| {
                        leave(f, Op::InnerOut);
                        f.br_if(out, 1);
                    });
                    self.on(f, op, Op::InnerReturn, |f| {
                        leave(f, Op::InnerReturn);
                        f.return_();
                    });
                    self.on(f, op, Op::InnerThrow, |f| {
                        leave(f, Op::InnerThrow);
                        f.instruction(&Instruction::Throw(self.tag));
                    });
                    self.on(f, op, Op::InnerTable, |f| {
                        leave(f, Op::InnerOut);
                        f.br_table(&[landing, out, again], again, 1);
                    });
                    self.on(f, op, Op::InnerCatch, |f| {
                        leave(f, Op::InnerCatch);
                        // The handler is outside of the region: label 0 is the arm, label 1 the handler's block.
                        let catch = vec![Catch::One { tag: self.tag, label: 1 }];
                        f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                        f.instruction(&Instruction::Throw(self.tag));
                        f.instruction(&Instruction::End);
                    });
                    leave(f, Op::Inner);
                });
            });
        });
    }

    fn report_opened(&self, f: &mut FunctionBuilder, region: Region, is_inner: i32) {
        f.push(region);
        f.push(is_inner);
        f.call(self.opened);
    }

    /// The code of one operation.
    fn on(&self, f: &mut FunctionBuilder, op: Local, which: Op, code: impl FnOnce(&mut FunctionBuilder)) {
        let is = |f: &mut FunctionBuilder| {
            f.push(op);
            f.push(which as i32);
            f.instruction(&Instruction::I32Eq);
        };
        f.if_(is, |f, _| code(f));
    }
}
