//! Exits by the end of the scope, by branches, and by branches on references.

use crate::support::build::configurations;
use crate::{World, any, everywhere, expect, fill, module, push_structure, structure};
use linmem::build::{FunctionBuilder, OnStack};
use linmem::wasm_encoder::{AbstractHeapType, BlockType, HeapType, Instruction, RefType, ValType};
use linmem::{Access, Config, Nesting, Safety, Zero};

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
                                    |f: &mut FunctionBuilder| {
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
                        // The operand of the branch to `cast` is the result of the cast.
                        f.instruction(&Instruction::BrOnCast {
                            relative_depth: 0,
                            from_ref_type: RefType { nullable: false, ..any() },
                            to_ref_type: some,
                        });
                        f.drop();
                        // The region is still open.
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
    let code = |f: &mut FunctionBuilder, world: World| {
        f.block(BlockType::Empty, |f, _| {
            f.region(|f, region| {
                fill(f, region);
                push_structure(f, world);
                f.instruction(&Instruction::BrOnNull(0));
                f.drop();
                // If the region had been closed, this segment would overlap the first one.
                let again = f.allocate_dynamic(region, 8);
                f.put(Access::Int, again, 0, 1);
                f.push(20);
                f.return_();
            });
        });
        f.push(10);
    };
    let is_marked = |config: &Config| {
        config.safety == Some(Safety::None) && config.nesting == Nesting::Stack && config.zero == Zero::Never
    };
    expect(is_marked, code, &[(0, 10), (1, 20)]);
    for config in configurations().into_iter().filter(|config| !is_marked(config)) {
        let error = module(&config, code).expect_err("the module cannot be built").to_string();
        assert!(error.contains("use the method of that name"), "{error}");
    }
}
