//! Text between GC arrays and segments, with array types by their ids.

use crate::expect;
use crate::support::build::{add_probe, configurations};
use linmem::build::{FunctionBuilder, ModuleBuilder, OnStack, TypeId};
use linmem::wasm_encoder::{
    ArrayType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction, RefType, StorageType, SubType,
    ValType,
};
use linmem::{Config, Encoding, Error, Representation};

fn array(element_type: StorageType, mutable: bool) -> SubType {
    let inner = CompositeInnerType::Array(ArrayType(FieldType { element_type, mutable }));
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

/// The types of a program: mutable shorts, constant bytes and constant integers.
pub(crate) struct Types {
    pub(crate) shorts: TypeId,
    bytes: TypeId,
    ints: TypeId,
}

/// A module whose export `f: i32 -> i32` has this code.
pub(crate) fn built(
    config: &Config,
    representation: Representation,
    code: impl FnOnce(&mut FunctionBuilder, &Types),
) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, representation)?;
    module.enable_check();
    let group = module.recursion_group([
        array(StorageType::I16, true),
        array(StorageType::I8, false),
        array(StorageType::Val(ValType::I32), true),
    ]);
    let types = Types { shorts: group[0], bytes: group[1], ints: group[2] };
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, |f| code(f, &types))?;
    module.export("f", f);
    add_probe(&mut module)?;
    module.check()?;
    module.finish()
}

/// Encodes `é€` and a lone surrogate, of which the parameter is the number of units that are used; adds sizes and units.
fn texts(f: &mut FunctionBuilder, types: &Types) {
    let shorts = f.local(ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(types.shorts.0) }));
    let sum = f.local(ValType::I32);
    for unit in [0xe9, 0x20ac, 0xd800] {
        f.push(unit);
    }
    f.instruction(&Instruction::ArrayNewFixed { array_type_index: types.shorts.0, array_size: 3 });
    f.set(shorts, OnStack);
    let add = |f: &mut FunctionBuilder| {
        f.push(sum);
        f.instruction(&Instruction::I32Add);
        f.set(sum, OnStack);
    };
    f.region(|f, region| {
        let count = f.param(0);
        let text = f.allocate_text(region, Encoding::Utf8, types.shorts, (shorts, 0), count);
        f.size(text);
        add(f);
        let room = f.allocate(region, 16);
        f.set_text(Encoding::Wtf8, types.shorts, (room, 1), (shorts, 0), count);
        add(f);
        f.text_size(Encoding::Latin1, types.shorts, (shorts, 0), count);
        add(f);
        f.push(0xe9);
        f.push(2);
        f.instruction(&Instruction::ArrayNew(types.bytes.0));
        f.text_size(Encoding::Utf8, types.bytes, (OnStack, 0), 2);
        add(f);
        f.get_text(Encoding::Utf8, types.shorts, room, 1, 2);
        f.push(0);
        f.instruction(&Instruction::ArrayGetU(types.shorts.0));
        add(f);
    });
    f.push(sum);
}

#[test]
fn text_is_encoded_and_decoded_in_every_configuration() {
    for config in configurations() {
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes = built(&config, representation, texts).unwrap_or_else(|error| panic!("{config:?}: {error}"));
            let sum = |size: i32, count: i32| 2 * size + count + 4 + 0xe9;
            expect(&bytes, &[(1, sum(2, 1)), (2, sum(5, 2)), (3, sum(8, 3))], &format!("{config:?}"));
        }
    }
}

#[test]
fn text_requires_arrays_of_code_units() {
    let mistake = |code: fn(&mut FunctionBuilder, &Types)| {
        built(&Config::default(), Representation::Packed, code).unwrap_err().to_string()
    };
    let ints = mistake(|f, types| f.text_size(Encoding::Utf8, types.ints, (OnStack, 0), 0));
    assert!(ints.contains("Text.utf8Size: type 2 is (array i32): text requires i8 or i16"), "{ints}");
    let constant = mistake(|f, types| {
        f.push(0_i64);
        f.get_text(Encoding::Latin1, types.bytes, OnStack, 0, 0);
    });
    assert!(constant.contains("MemorySegment.getLatin1: type 1 is not mutable: it is (array i8)"), "{constant}");
}
