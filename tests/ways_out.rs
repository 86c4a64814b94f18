//! Every way out of a scope of the library door closes its region, however regions are kept track of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::allocator::{Nesting, Unwind};
use linmem::build::{FunctionBuilder, FunctionId, ModuleBuilder, OnStack, Region};
use linmem::wasm_encoder::{
    AbstractHeapType, BlockType, Catch, HeapType, Instruction, RefType, StorageType, SubType, ValType,
};
use linmem::{Access, Config, Error, Representation};
use linmem_host::wasmtime::Val;
use support::build::{add_probe, configurations};
use support::host::{Running, State};

/// What code can refer to.
#[derive(Clone, Copy)]
struct World {
    /// A tag without parameters, one with an `i32`, and one with an `i32` and an `i64`.
    tags: [u32; 3],
    /// `(i32) -> ()`, which throws the second tag with its operand, unless that is zero.
    thrower: FunctionId,
    /// A struct type.
    structure: u32,
    /// The type of a block that leaves an `i32` and an `i64`.
    pair: u32,
}

/// What calling `f` gives.
const THROWN: i32 = -1000;

/// A module with `f: i32 -> i32`, and `caught`, which gives [`THROWN`] if `f` throws.
fn module(config: &Config, code: impl FnOnce(&mut FunctionBuilder<'_>, World)) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, Representation::Packed)?;
    let nothing = module.function_type([], []);
    let one = module.function_type([ValType::I32], []);
    let two = module.function_type([ValType::I32, ValType::I64], []);
    let tags = [module.tag(nothing), module.tag(one), module.tag(two)];
    let structure = module.recursion_group([structure_type()])[0].0;
    let pair = module.function_type([], [ValType::I32, ValType::I64]).0;
    let thrower = module.function("thrower", one, |f| {
        f.if_(f.param(0), |f, _| {
            f.push(f.param(0));
            f.instruction(&Instruction::Throw(tags[1]));
        });
    })?;
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, |f| code(f, World { tags, thrower, structure, pair }))?;
    let caught = module.function("caught", ty, |b| {
        b.block(BlockType::Empty, |b, _| {
            let catch = vec![Catch::All { label: 0 }];
            b.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
            b.push(b.param(0));
            b.call(f);
            b.return_();
            b.instruction(&Instruction::End);
        });
        b.push(THROWN);
    })?;
    module.export("f", caught);
    add_probe(&mut module)?;
    module.finish()
}

/// A struct of one field.
fn structure_type() -> SubType {
    use linmem::wasm_encoder::{CompositeInnerType, CompositeType, FieldType, StructType};
    let field = FieldType { element_type: StorageType::Val(ValType::I32), mutable: true };
    let inner = CompositeInnerType::Struct(StructType { fields: vec![field].into() });
    SubType {
        is_final: true,
        supertype_idx: None,
        composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
    }
}

fn structure(world: World, nullable: bool) -> RefType {
    RefType { nullable, heap_type: HeapType::Concrete(world.structure) }
}

fn any() -> RefType {
    let heap_type = HeapType::Abstract { shared: false, ty: AbstractHeapType::Any };
    RefType { nullable: true, heap_type }
}

/// Runs code in all configurations that `applies` says.
fn expect(applies: impl Fn(&Config) -> bool, code: impl Fn(&mut FunctionBuilder<'_>, World), cases: &[(i32, i32)]) {
    let mut count = 0;
    for config in configurations().into_iter().filter(|config| applies(config)) {
        count += 1;
        let bytes = module(&config, |f, world| code(f, world)).unwrap_or_else(|error| panic!("{config:?}: {error}"));
        let mut running = Running::new(&bytes, State::default());
        let before = running.call("probe", &[]).unwrap()[0].unwrap_i32();
        for (argument, result) in cases {
            let found =
                running.call("f", &[Val::I32(*argument)]).unwrap_or_else(|error| panic!("{config:?}: {error:?}"));
            assert_eq!(found[0].unwrap_i32(), *result, "f({argument}) with {config:?}");
            let after = running.call("probe", &[]).unwrap()[0].unwrap_i32();
            assert_eq!(after, before, "f({argument}) left a region open with {config:?}");
        }
    }
    assert!(count > 0, "no configuration applies");
}

fn everywhere(_: &Config) -> bool {
    true
}

fn with_release(config: &Config) -> bool {
    config.unwind == Unwind::Release
}

/// Pushes a struct, or null if the parameter is zero.
fn push_structure(f: &mut FunctionBuilder<'_>, world: World) {
    f.if_else(
        BlockType::Result(ValType::Ref(structure(world, true))),
        f.param(0),
        |f, _| f.instruction(&Instruction::StructNewDefault(world.structure)),
        |f, _| f.instruction(&Instruction::RefNull(HeapType::Concrete(world.structure))),
    );
}

/// Something in the region, so that it matters whether it is closed.
fn fill(f: &mut FunctionBuilder<'_>, region: Region) {
    let segment = f.allocate(region, 24);
    f.put(Access::Int, segment, 0, 5);
    f.allocate_dynamic(region, f.param(0));
}

#[test]
fn fallthrough_with_result() {
    expect(
        everywhere,
        |f, _| {
            f.region_with(BlockType::Result(ValType::I32), |f, region| {
                fill(f, region);
                let segment = f.allocate(region, 8);
                f.put(Access::Int, segment, 4, f.param(0));
                f.get(Access::Int, segment, 4);
            });
            f.push(1);
            f.instruction(&Instruction::I32Add);
        },
        &[(0, 1), (41, 42)],
    );
}

#[test]
fn branch_with_operands_leaves_two_regions() {
    expect(
        everywhere,
        |f, _| {
            f.block(BlockType::Result(ValType::I32), |f, out| {
                f.region(|f, outer| {
                    fill(f, outer);
                    f.region(|f, inner| {
                        fill(f, inner);
                        f.push(3);
                        f.br_if(out, f.param(0));
                        f.br(out);
                    });
                });
                f.push(4);
            });
        },
        &[(0, 3), (1, 3)],
    );
}

#[test]
fn loop_continue_and_exit() {
    expect(
        everywhere,
        |f, _| {
            let (left, sum) = (f.local(ValType::I32), f.local(ValType::I32));
            f.set(left, 1000);
            f.block(BlockType::Empty, |f, out| {
                f.loop_(BlockType::Empty, |f, again| {
                    f.region(|f, region| {
                        fill(f, region);
                        f.push(sum);
                        f.push(f.param(0));
                        f.instruction(&Instruction::I32Add);
                        f.set(sum, OnStack);
                        f.push(left);
                        f.push(1);
                        f.instruction(&Instruction::I32Sub);
                        f.set(left, OnStack);
                        f.br_if(again, left);
                        f.br(out);
                    });
                });
            });
            f.push(sum);
        },
        &[(0, 0), (3, 3000)],
    );
}

#[test]
fn br_table_with_operand_leaves_different_regions() {
    expect(
        everywhere,
        |f, _| {
            let result = BlockType::Result(ValType::I32);
            f.block(result, |f, outside| {
                f.region(|f, outer| {
                    fill(f, outer);
                    f.block(result, |f, between| {
                        f.region(|f, inner| {
                            fill(f, inner);
                            f.block(result, |f, within| {
                                f.push(7);
                                f.br_table(&[within, between, outside, between, within], outside, f.param(0));
                            });
                            f.push(10);
                            f.instruction(&Instruction::I32Add);
                            f.br(between);
                        });
                        f.push(0);
                    });
                    f.push(100);
                    f.instruction(&Instruction::I32Add);
                    f.br(outside);
                });
                f.push(0);
            });
        },
        &[(0, 117), (1, 107), (2, 7), (3, 107), (4, 117), (5, 7), (100, 7)],
    );
}

#[test]
fn branches_on_references() {
    expect(
        everywhere,
        |f, world| {
            let some = structure(world, false);
            f.block(BlockType::Empty, |f, out| {
                f.block(BlockType::Result(ValType::Ref(any())), |f, cast| {
                    f.region(|f, region| {
                        fill(f, region);
                        // 0: null; 1: a struct; 2: something else.
                        f.if_else(
                            BlockType::Result(ValType::Ref(any())),
                            f.param(0),
                            |f, _| {
                                f.if_else(
                                    BlockType::Result(ValType::Ref(any())),
                                    |f: &mut FunctionBuilder<'_>| {
                                        f.push(f.param(0));
                                        f.push(1);
                                        f.instruction(&Instruction::I32Eq);
                                    },
                                    |f, _| f.instruction(&Instruction::StructNewDefault(world.structure)),
                                    |f, _| {
                                        f.push(1);
                                        f.instruction(&Instruction::RefI31);
                                    },
                                );
                            },
                            |f, _| {
                                let heap = HeapType::Abstract { shared: false, ty: AbstractHeapType::None };
                                f.instruction(&Instruction::RefNull(heap));
                            },
                        );
                        f.br_on_null(out, any());
                        // The branch to `cast` carries what was cast.
                        f.instruction(&Instruction::BrOnCast {
                            relative_depth: 0,
                            from_ref_type: RefType { nullable: false, ..any() },
                            to_ref_type: some,
                        });
                        f.drop();
                        // Still in the region.
                        let again = f.allocate_dynamic(region, 8);
                        f.put(Access::Int, again, 0, 1);
                        f.push(30);
                        f.return_();
                    });
                    let _ = cast;
                    f.instruction(&Instruction::Unreachable);
                });
                f.drop();
                f.push(20);
                f.return_();
            });
            f.push(10);
        },
        &[(0, 10), (1, 20), (2, 30)],
    );
}

#[test]
fn branch_on_non_null() {
    expect(
        everywhere,
        |f, world| {
            let some = structure(world, false);
            f.block(BlockType::Result(ValType::Ref(some)), |f, out| {
                f.region(|f, region| {
                    fill(f, region);
                    push_structure(f, world);
                    f.br_on_non_null(out, structure(world, true));
                    let again = f.allocate_dynamic(region, 8);
                    f.put(Access::Int, again, 0, 1);
                });
                f.push(10);
                f.return_();
            });
            f.drop();
            f.push(20);
        },
        &[(0, 10), (1, 20)],
    );
}

#[test]
fn raw_br_on_null_is_supported_only_for_marks() {
    let code = |f: &mut FunctionBuilder<'_>, world: World| {
        f.block(BlockType::Empty, |f, _| {
            f.region(|f, region| {
                fill(f, region);
                push_structure(f, world);
                f.instruction(&Instruction::BrOnNull(0));
                f.drop();
                // If the region had been closed, this would lie on top of the first segment.
                let again = f.allocate_dynamic(region, 8);
                f.put(Access::Int, again, 0, 1);
                f.push(20);
                f.return_();
            });
        });
        f.push(10);
    };
    let is_marked = |config: &Config| {
        config.safety == Some(linmem::Safety::None)
            && config.nesting == Nesting::Stack
            && config.zero == linmem::allocator::Zero::Never
    };
    expect(is_marked, code, &[(0, 10), (1, 20)]);
    for config in configurations().into_iter().filter(|config| !is_marked(config)) {
        let error = module(&config, code).expect_err("this cannot be built").to_string();
        assert!(error.contains("use the method of that name"), "{error}");
    }
}

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
                // The outer one is open, and as it was.
                fill(f, outer);
                f.set(result, |f: &mut FunctionBuilder<'_>| f.get(Access::Int, segment, 0));
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
                // `throw_ref` in a region of its own.
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
    let code = |f: &mut FunctionBuilder<'_>, world: World| {
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
    let error = module(&Config::default(), code).expect_err("this cannot be built").to_string();
    assert!(error.contains("choose Unwind::Release"), "{error}");
}

#[test]
fn certain_scope_violations_are_errors() {
    let fail = |nesting: Nesting, code: fn(&mut FunctionBuilder<'_>, World)| {
        let config = Config { nesting, ..Config::default() };
        module(&config, code).map(|_| ()).map_err(|error| error.to_string())
    };
    let nested = |f: &mut FunctionBuilder<'_>, _: World| {
        f.region(|f, _| f.region(|_, _| ()));
        f.push(0);
    };
    assert_eq!(
        fail(Nesting::Forbid, nested),
        Err("Nested: a region is opened inside another region, but regions must not nest (in f)".to_string())
    );
    assert_eq!(fail(Nesting::Stack, nested), Ok(()));
    let outer_allocates = |f: &mut FunctionBuilder<'_>, _: World| {
        f.region(|f, outer| {
            f.region(|f, _| {
                f.allocate(outer, 8);
            });
        });
        f.push(0);
    };
    assert_eq!(
        fail(Nesting::Stack, outer_allocates),
        Err("NotInnermost: allocation from a region while an inner region is open (in f)".to_string())
    );
    assert_eq!(fail(Nesting::Outermost, outer_allocates), Ok(()));
    let ended = |f: &mut FunctionBuilder<'_>, _: World| {
        let mut kept = None;
        f.region(|_, region| kept = Some(region));
        f.allocate_dynamic(kept.unwrap(), 8);
        f.push(0);
    };
    assert_eq!(
        fail(Nesting::Stack, ended),
        Err("UseAfterFree: allocation from a region whose scope has ended (in f)".to_string())
    );
}
