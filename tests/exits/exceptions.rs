//! Exits by exceptions: thrown in the scope, or by a function that it calls.

use crate::{THROWN, World, everywhere, expect, fill, module, with_release};
use linmem::build::{FunctionBuilder, FunctionId, Handler, ModuleBuilder, OnStack};
use linmem::wasm_encoder::{BlockType, Catch, Instruction, ValType};
use linmem::{Access, Config, Representation, Unwind, wasi};

#[test]
fn uncaught_throw() {
    expect(
        everywhere,
        |f, world| {
            f.region(|f, outer| {
                fill(f, outer);
                f.region(|f, inner| {
                    fill(f, inner);
                    f.if_(f.param(0), |f, _| f.instruction(&Instruction::Throw(world.tags[0])));
                });
                fill(f, outer);
            });
            f.push(1);
        },
        &[(0, 1), (1, THROWN)],
    );
}

#[test]
fn throw_caught_inside_region() {
    expect(
        everywhere,
        |f, world| {
            let result = f.local(ValType::I32);
            f.region(|f, outer| {
                let segment = f.allocate(outer, 8);
                f.put(Access::Int, segment, 0, 5);
                f.block(BlockType::Empty, |f, _| {
                    let catch = vec![Catch::All { label: 0 }];
                    f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                    f.region(|f, inner| {
                        fill(f, inner);
                        f.if_(f.param(0), |f, _| f.instruction(&Instruction::Throw(world.tags[0])));
                    });
                    f.put(Access::Int, segment, 0, 6);
                    f.instruction(&Instruction::End);
                });
                // The outer region is open, and its contents are unchanged.
                fill(f, outer);
                f.set(result, |f: &mut FunctionBuilder| f.get(Access::Int, segment, 0));
            });
            f.push(result);
        },
        &[(0, 6), (1, 5)],
    );
}

#[test]
fn exception_propagates_through_two_regions() {
    expect(
        with_release,
        |f, world| {
            f.region(|f, outer| {
                fill(f, outer);
                f.region(|f, inner| {
                    fill(f, inner);
                    f.push(f.param(0));
                    f.call(world.thrower);
                });
                fill(f, outer);
            });
            f.push(1);
        },
        &[(0, 1), (1, THROWN), (0, 1)],
    );
}

#[test]
fn handlers_outside_of_regions() {
    expect(
        with_release,
        |f, world| {
            f.block(BlockType::Empty, |f, _| {
                f.block(BlockType::Result(ValType::EXNREF), |f, _| {
                    f.block(BlockType::Result(ValType::I32), |f, _| {
                        f.region(|f, outer| {
                            fill(f, outer);
                            f.region(|f, inner| {
                                fill(f, inner);
                                let catch =
                                    vec![Catch::One { tag: world.tags[1], label: 0 }, Catch::AllRef { label: 1 }];
                                f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                                f.push(f.param(0));
                                f.call(world.thrower);
                                f.if_(f.param(0), |f, _| f.instruction(&Instruction::Unreachable));
                                f.instruction(&Instruction::Throw(world.tags[0]));
                                f.instruction(&Instruction::End);
                            });
                        });
                        f.push(0);
                    });
                    f.return_();
                });
                // `throw_ref` in another region.
                let exception = f.local(ValType::EXNREF);
                f.set(exception, OnStack);
                f.region(|f, region| {
                    fill(f, region);
                    f.push(exception);
                    f.instruction(&Instruction::ThrowRef);
                });
            });
            f.push(7);
        },
        &[(5, 5), (0, THROWN)],
    );
}

#[test]
fn handler_outside_of_region_with_two_operands() {
    expect(
        everywhere,
        |f, world| {
            f.block(BlockType::FunctionType(world.pair), |f, _| {
                f.region(|f, region| {
                    fill(f, region);
                    let catch = vec![Catch::One { tag: world.tags[2], label: 0 }];
                    f.instruction(&Instruction::TryTable(BlockType::Result(ValType::I32), catch.into()));
                    f.if_(f.param(0), |f, _| {
                        f.push(f.param(0));
                        f.push(77i64);
                        f.instruction(&Instruction::Throw(world.tags[2]));
                    });
                    f.push(3);
                    f.instruction(&Instruction::End);
                    f.return_();
                });
                f.instruction(&Instruction::Unreachable);
            });
            f.instruction(&Instruction::I32WrapI64);
            f.instruction(&Instruction::I32Add);
        },
        &[(0, 3), (1, 78), (23, 100)],
    );
}

#[test]
fn maybe_caught_throw_requires_unwind_release() {
    let code = |f: &mut FunctionBuilder, world: World| {
        f.region(|f, outer| {
            fill(f, outer);
            f.block(BlockType::Empty, |f, _| {
                let catch = vec![Catch::One { tag: world.tags[0], label: 0 }];
                f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                f.region(|f, inner| {
                    fill(f, inner);
                    f.if_(f.param(0), |f, _| {
                        f.push(f.param(0));
                        f.instruction(&Instruction::Throw(world.tags[1]));
                    });
                    f.instruction(&Instruction::Throw(world.tags[0]));
                });
                f.instruction(&Instruction::End);
            });
        });
        f.push(1);
    };
    expect(with_release, code, &[(0, 1), (1, THROWN)]);
    let error =
        module(&Config::new().with_unwind(Unwind::Program), code).expect_err("the module cannot be built").to_string();
    assert!(error.contains("choose Unwind::Release"), "{error}");
}

/// A module with a function that calls another one in a region.
fn calling(unwind: Unwind, declare: impl FnOnce(&mut ModuleBuilder, FunctionId)) -> Vec<u8> {
    let config = Config::new().with_unwind(unwind);
    let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
    let ty = module.function_type([], []);
    let callee = module.import_function("env", "callee", ty);
    declare(&mut module, callee);
    let write = module.import_wasi(wasi::Function::SchedYield);
    let function = module
        .function("f", ty, |f| {
            f.block(BlockType::Empty, |f, out| {
                f.region(|f, outer| {
                    let segment = f.allocate(outer, 8);
                    f.region(|f, inner| {
                        f.allocate(inner, 16);
                        f.put(Access::Int, segment, 0, 1);
                        f.br_if(out, 0);
                        f.call(write);
                        f.drop();
                        f.write_all(1, segment);
                        f.drop();
                        f.if_(0, |f, _| f.br_table(&[out], out, 0));
                    });
                    f.call(callee);
                });
            });
        })
        .unwrap();
    module.export("f", function);
    module.finish().unwrap()
}

#[test]
fn scopes_in_which_nothing_throws_cost_nothing() {
    let without = calling(Unwind::Program, |_, _| ());
    let is_equal = |declare: fn(&mut ModuleBuilder, FunctionId)| calling(Unwind::Release, declare) == without;
    assert!(is_equal(|module, callee| module.does_not_throw(callee)));
    assert!(is_equal(|module, _| module.nothing_throws()));
    assert!(!is_equal(|_, _| ()), "a function that may throw requires a handler");
}

#[test]
fn handlers_branch_to_labels() {
    expect(
        everywhere,
        |f, world| {
            let caught = f.begin_block(BlockType::Result(ValType::I32));
            let region = f.begin_region();
            fill(f, region);
            let other = f.begin_block(BlockType::Empty);
            f.begin_try(BlockType::Empty, &[Handler::tag(world.tags[1], caught), Handler::all(other)]);
            f.if_(f.param(0), |f, _| {
                f.push(f.param(0));
                f.instruction(&Instruction::Throw(world.tags[1]));
            });
            f.instruction(&Instruction::Throw(world.tags[0]));
            f.end();
            f.end();
            fill(f, region);
            f.end_region(region);
            f.push(40);
            f.end();
        },
        &[(0, 40), (5, 5)],
    );
}
