//! The region of a scope is closed at each exit from the scope.

use crate::support::build::add_probe;
use crate::{everywhere, expect};
use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::{BlockType, Instruction, ValType};
use linmem::{Access, Config, Representation};

#[test]
fn fallthrough_closes_region() {
    everywhere(
        |f| {
            let result = f.local(ValType::I32);
            f.region(|f, region| {
                let segment = f.allocate(region, 16);
                f.put(Access::Int, segment, 8, f.param(0));
                f.set(result, |f: &mut FunctionBuilder| f.get(Access::Int, segment, 8));
            });
            f.push(result);
        },
        &[(1, 1), (-5, -5)],
    );
}

#[test]
fn branch_closes_regions_it_leaves() {
    everywhere(
        |f| {
            f.block(BlockType::Empty, |f, outside| {
                f.region(|f, outer| {
                    f.allocate_dynamic(outer, f.param(0));
                    f.block(BlockType::Empty, |f, between| {
                        f.region(|f, inner| {
                            f.allocate_dynamic(inner, f.param(0));
                            f.br_if(between, f.param(0));
                            f.br(outside);
                        });
                    });
                });
            });
            f.push(7);
        },
        &[(0, 7), (100, 7)],
    );
}

#[test]
fn conditional_branch_with_operand_closes_only_if_taken() {
    everywhere(
        |f| {
            f.block(BlockType::Result(ValType::I32), |f, outside| {
                f.region(|f, region| {
                    let first = f.allocate_dynamic(region, 64);
                    f.put(Access::Int, first, 0, 5);
                    f.push(9);
                    f.br_if(outside, f.param(0));
                    f.drop();
                    // If the branch had closed the region, this segment would overlap the first one.
                    let second = f.allocate_dynamic(region, 64);
                    f.put(Access::Int, second, 0, 6);
                    f.get(Access::Int, first, 0);
                    f.br(outside);
                });
                f.push(0);
            });
        },
        &[(0, 5), (1, 9)],
    );
}

#[test]
fn br_table_closes_regions_of_each_target() {
    everywhere(
        |f| {
            let result = f.local(ValType::I32);
            f.block(BlockType::Empty, |f, _outside| {
                f.region(|f, outer| {
                    f.allocate_dynamic(outer, 100);
                    f.block(BlockType::Empty, |f, _between| {
                        f.region(|f, inner| {
                            f.allocate_dynamic(inner, 100);
                            f.block(BlockType::Empty, |f, _within| {
                                f.push(f.param(0));
                                // The labels are within, between and outside; the function is the fourth.
                                f.instruction(&Instruction::BrTable(vec![0, 1, 2].into(), 1));
                            });
                            f.set(result, 10);
                        });
                        f.set(result, |f: &mut FunctionBuilder| {
                            f.push(result);
                            f.push(1);
                            f.instruction(&Instruction::I32Add);
                        });
                    });
                    f.set(result, |f: &mut FunctionBuilder| {
                        f.push(result);
                        f.push(100);
                        f.instruction(&Instruction::I32Add);
                    });
                });
            });
            f.push(result);
        },
        &[(0, 111), (1, 100), (2, 0), (3, 100)],
    );
}

#[test]
fn return_closes_all_regions() {
    everywhere(
        |f| {
            f.region(|f, outer| {
                f.allocate(outer, 8);
                f.region(|f, inner| {
                    f.allocate(inner, 8);
                    f.if_(f.param(0), |f, _| {
                        f.push(3);
                        f.return_();
                    });
                });
                f.push(4);
                f.instruction(&Instruction::Br(0));
            });
            f.push(0);
        },
        &[(0, 4), (1, 3)],
    );
}

#[test]
fn tail_call_closes_regions_first() {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.declare_function("f", ty);
    add_probe(&mut module).unwrap();
    module
        .define_with(f, |b| {
            b.if_(
                |b: &mut FunctionBuilder| {
                    b.push(b.param(0));
                    b.instruction(&Instruction::I32Eqz);
                },
                |b, _| {
                    b.push(12);
                    b.return_();
                },
            );
            b.region(|b, region| {
                b.allocate(region, 1000);
                b.push(b.param(0));
                b.push(1);
                b.instruction(&Instruction::I32Sub);
                b.instruction(&Instruction::ReturnCall(f.0));
            });
            b.instruction(&Instruction::Unreachable);
        })
        .unwrap();
    module.export("f", f);
    // If regions stayed open, memory would not suffice for so many calls.
    expect(&module.finish().unwrap(), &[(0, 12), (100_000, 12)], "the default configuration");
}

#[test]
fn loop_opens_and_closes_each_iteration() {
    everywhere(
        |f| {
            let (count, sum) = (f.local(ValType::I32), f.local(ValType::I32));
            f.set(count, 100_000);
            f.loop_(BlockType::Empty, |f, again| {
                f.region(|f, region| {
                    let segment = f.allocate(region, 1024);
                    f.put(Access::Int, segment, 1020, 2);
                    f.set(sum, |f: &mut FunctionBuilder| {
                        f.push(sum);
                        f.get(Access::Int, segment, 1020);
                        f.instruction(&Instruction::I32Add);
                    });
                    f.set(count, |f: &mut FunctionBuilder| {
                        f.push(count);
                        f.push(1);
                        f.instruction(&Instruction::I32Sub);
                    });
                    f.br_if(again, count);
                });
            });
            f.push(sum);
        },
        &[(0, 200_000)],
    );
}
