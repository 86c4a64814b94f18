//! The tree of intrinsic calls.

use crate::{expect, module, text};
use linmem::build::{FunctionBuilder, Local, OnStack, TypeId};
use linmem::tree::{Elements, RegionName, Statement, Value};
use linmem::wasm_encoder::{HeapType, Instruction, RefType, ValType};
use linmem::{Access, Config, Encoding, Representation};

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

/// Some elements of an array in a local.
fn elements(ty: TypeId, array: Local, index: i32, count: Value) -> Elements {
    Elements { ty, array: Value::Local(array), index: Value::i32(index), count }
}

/// The first element of a new array.
fn first(ty: TypeId, array: Value) -> Value {
    Value::Code(Box::new(move |f| {
        array.lower(f);
        f.push(0);
        f.instruction(&Instruction::ArrayGetU(ty.0));
    }))
}

/// Copies and encodes `é€a`, of which the parameter is the number of units that are encoded; adds sizes and units.
fn arrays(f: &mut FunctionBuilder, ty: TypeId) {
    let shorts = f.local(ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.0) }));
    let sum = f.local(ValType::I32);
    for unit in [0xe9, 0x20ac, 0x61] {
        f.push(unit);
    }
    f.instruction(&Instruction::ArrayNewFixed { array_type_index: ty.0, array_size: 3 });
    f.set(shorts, OnStack);
    let count = f.param(0);
    let add = |value: Value| {
        Statement::Code(Box::new(move |f| {
            f.push(sum);
            value.lower(f);
            f.instruction(&Instruction::I32Add);
            f.set(sum, OnStack);
        }))
    };
    let statement = Statement::region(|region| {
        let all = || elements(ty, shorts, 0, Value::Local(count));
        let (bind_text, text) = Statement::allocate_text(region, Encoding::Utf8, all());
        let (bind_copy, copy) = Statement::allocate_array(region, elements(ty, shorts, 0, Value::i32(3)));
        let offset = |offset| Box::new(Value::i32(offset));
        let stored = Box::new(elements(ty, shorts, 0, Value::i32(1)));
        vec![
            bind_text,
            add(Value::Size(text)),
            add(Value::TextSize(Encoding::Latin1, Box::new(all()))),
            bind_copy,
            add(Value::StoreText(Encoding::Wtf8, copy.clone(), offset(1), stored)),
            add(first(ty, Value::Text(Encoding::Utf8, ty, copy.clone(), offset(1), offset(2)))),
            Statement::StoreArray(copy.clone(), Value::i32(0), elements(ty, shorts, 2, Value::i32(1))),
            Statement::LoadArray(copy.clone(), Value::i32(0), elements(ty, shorts, 1, Value::i32(1))),
            add(first(ty, Value::Array(ty, copy, offset(0), offset(1)))),
        ]
    });
    statement.lower(f);
    f.push(sum);
    f.push(shorts);
    f.push(1);
    f.instruction(&Instruction::ArrayGetU(ty.0));
    f.instruction(&Instruction::I32Add);
}

#[test]
fn arrays_and_texts_of_a_tree_are_copied_and_encoded() {
    for &representation in Representation::ALL {
        let bytes = text::built(&Config::new(), representation, |f, types| arrays(f, types.shorts)).unwrap();
        let sum = |size: i32, count: i32| size + count + 2 + 0xe9 + 0x61 + 0x61;
        expect(&bytes, &[(1, sum(2, 1)), (2, sum(5, 2)), (3, sum(6, 3))], &representation.to_string());
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
    let text = message(|f| {
        let region = Statement::region(|region| {
            let (_, segment) = Statement::allocate(region, 4);
            let (offset, bytes) = (Box::new(Value::i32(0)), Box::new(Value::i32(1)));
            vec![Statement::Drop(Value::Text(Encoding::Wtf8, TypeId(0), segment, offset, bytes))]
        });
        region.lower(f);
    });
    assert!(text.starts_with("a tree uses a segment in MemorySegment.getWtf8 before it is allocated"), "{text}");
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
