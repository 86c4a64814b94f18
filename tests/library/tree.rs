//! The tree of intrinsic calls.

use crate::{expect, module};
use linmem::build::FunctionBuilder;
use linmem::tree::{RegionName, Statement, Value};
use linmem::wasm_encoder::Instruction;
use linmem::{Access, Representation};

/// The statements of a sum in memory. `value` is its second operand.
fn statements(value: Value) -> Vec<Statement> {
    vec![Statement::region(|region| {
        let (bind, segment) = Statement::allocate(region, 8);
        let sum = Value::Code(Box::new({
            let segment = segment.clone();
            move |f: &mut FunctionBuilder| {
                Value::load(Access::Int, segment.clone(), Value::i32(0)).lower(f);
                Value::load(Access::Int, segment, Value::i32(4)).lower(f);
                f.instruction(&Instruction::I32Add);
            }
        }));
        vec![
            bind,
            Statement::store(Access::Int, segment.clone(), Value::i32(0), Value::i32(40)),
            Statement::store(Access::Int, segment, Value::i32(4), value),
            Statement::Code(Box::new(|f| {
                sum.lower(f);
                f.return_();
            })),
        ]
    })]
}

#[test]
fn tree_is_lowered_on_another_thread() {
    for &representation in Representation::ALL {
        let bytes = module(representation, |f| {
            let statements = statements(Value::Local(f.param(0)));
            std::thread::scope(|scope| {
                let lower = || {
                    for statement in statements {
                        statement.lower(f);
                    }
                    f.instruction(&Instruction::Unreachable);
                };
                scope.spawn(lower).join().unwrap();
            });
        });
        expect(&bytes.unwrap(), &[(2, 42), (-40, 0)], &representation.to_string());
    }
}

#[test]
fn names_outside_of_their_statement_are_errors() {
    let message = |code: fn(&mut FunctionBuilder)| {
        let error = module(Representation::Packed, |f| {
            code(f);
            f.push(0);
        });
        error.expect_err("it is a mistake").to_string()
    };
    let before = message(|f| {
        let region = Statement::region(|region| {
            let (_, segment) = Statement::allocate(region, 4);
            vec![Statement::Drop(Value::Size(segment))]
        });
        region.lower(f);
    });
    assert!(before.starts_with("a tree uses a segment in MemorySegment.size before it is allocated"), "{before}");
    let after = message(|f| {
        let mut name: Option<RegionName> = None;
        let region = Statement::region(|region| {
            name = Some(region.clone());
            Vec::new()
        });
        region.lower(f);
        Statement::allocate(&name.unwrap(), 4).0.lower(f);
    });
    assert!(after.starts_with("a tree allocates from a region outside of its statement"), "{after}");
}
