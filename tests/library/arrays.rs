//! Copies between GC arrays and segments, with array types by their ids.

use crate::expect;
use crate::sections::Written;
use crate::support::build::{add_probe, configurations};
use crate::support::host::{Running, State};
use linmem::build::{FunctionBuilder, LateLowering, ModuleBuilder, OnStack, TypeId};
use linmem::intrinsics::{ArrayReference, ArrayType as DeclaredArray, Element, Signature};
use linmem::wasm_encoder::{
    ArrayType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction, RefType, StorageType, SubType,
    ValType,
};
use linmem::{Config, Error, Intrinsic, OnViolation, Representation, Safety};
use linmem_host::wasmtime::Val;

fn array(element_type: StorageType, mutable: bool) -> SubType {
    let inner = CompositeInnerType::Array(ArrayType(FieldType { element_type, mutable }));
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

const REPRESENTATIONS: [Representation; 3] = [Representation::Address, Representation::Packed, Representation::ALL[2]];

/// The types of a program: mutable shorts, and constant integers.
struct Types {
    shorts: TypeId,
    ints: TypeId,
}

/// A module whose export `f: i32 -> i32` has this code.
fn built(
    config: &Config,
    representation: Representation,
    code: impl FnOnce(&mut FunctionBuilder, &Types),
) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, representation)?;
    module.enable_check();
    // Neither is the first type of the module, which segments may have.
    module.function_type([ValType::F32], []);
    let group = module.recursion_group([array(StorageType::I16, true), array(StorageType::Val(ValType::I32), false)]);
    let types = Types { shorts: group[0], ints: group[1] };
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, |f| code(f, &types))?;
    module.export("f", f);
    add_probe(&mut module)?;
    module.check()?;
    module.finish()
}

fn local(f: &mut FunctionBuilder, ty: TypeId) -> linmem::build::Local {
    f.local(ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.0) }))
}

/// Copies four integers to a segment, and to shorts and back. `count` is the number of shorts that are copied.
fn copies(f: &mut FunctionBuilder, types: &Types) {
    let (ints, shorts) = (local(f, types.ints), local(f, types.shorts));
    let result = f.local(ValType::I32);
    for number in [0x1_0002, 0x3_0004, 0x5_0006, 0x7_0008] {
        f.push(number);
    }
    f.instruction(&Instruction::ArrayNewFixed { array_type_index: types.ints.0, array_size: 4 });
    f.set(ints, OnStack);
    f.region(|f, region| {
        let whole = f.allocate_array(region, types.ints, (ints, 0), 4);
        let part = f.allocate_array(region, types.ints, (ints, 1), f.param(0));
        f.copy_from_array(types.ints, (whole, 4), (ints, 0), 2);
        f.copy_from_array(types.ints, (part, 0), (ints, 3), 1);
        // 2, 1, 2, 1, 4, 3
        f.to_array(types.shorts, whole, 0, 6);
        f.set(shorts, OnStack);
        f.copy_to_array(types.shorts, (shorts, 1), (part, 0), f.param(0));
        let rest = f.local(ValType::I32);
        f.set(rest, 0);
        for index in 0..6 {
            f.push(rest);
            f.push(10);
            f.instruction(&Instruction::I32Mul);
            f.push(shorts);
            f.push(index);
            f.instruction(&Instruction::ArrayGetU(types.shorts.0));
            f.instruction(&Instruction::I32Add);
            f.set(rest, OnStack);
        }
        f.push(rest);
        f.size(part);
        f.instruction(&Instruction::I32Add);
        f.set(result, OnStack);
    });
    f.push(result);
}

#[test]
fn arrays_are_copied_in_every_configuration() {
    for config in configurations() {
        let choices = format!("{config:?}");
        for representation in REPRESENTATIONS {
            let bytes = built(&config, representation, copies).unwrap_or_else(|error| panic!("{choices}: {error}"));
            expect(&bytes, &[(1, 282_143 + 4), (2, 287_143 + 8), (3, 287_643 + 12)], &choices);
        }
    }
}

#[test]
fn writers_declare_their_array_types() {
    for representation in REPRESENTATIONS {
        let safety = if representation.carries_size() { Safety::Spatial } else { Safety::None };
        let config = Config::new().with_safety(safety).with_on_violation(OnViolation::Trap);
        let mut lowering = LateLowering::new(&config, representation).unwrap();
        let types = Types { shorts: TypeId(1), ints: TypeId(2) };
        lowering.signatures().declare_array(types.shorts.0, Element::I16, true);
        lowering.signatures().declare_array(types.ints.0, Element::I32, false);
        lowering.declare_function(0, "f", &[ValType::I32], &[ValType::I32]).unwrap();
        let mut body = lowering.body(0).unwrap();
        copies(&mut body, &types);
        lowering.define(body).unwrap();
        let parts = lowering.finish().unwrap();
        let mut written = Written::default();
        written.types.ty().function([ValType::I32], [ValType::I32]);
        written.types.ty().rec([array(StorageType::I16, true), array(StorageType::Val(ValType::I32), false)]);
        written.functions.function(0);
        let indices = written.add(&parts).unwrap();
        written.export("f", 0, &indices);
        let bytes = written.finish(&parts, &indices).unwrap();
        let found = Running::new(&bytes, State::default()).call("f", &[Val::I32(2)]).unwrap();
        assert_eq!(found[0].unwrap_i32(), 287_143 + 8, "{representation}");
    }
}

/// The message for a mistake in `f`.
fn mistake(code: impl FnOnce(&mut FunctionBuilder, &Types)) -> String {
    let config = Config::new().with_safety(Safety::Spatial);
    built(&config, Representation::Packed, code).expect_err("it is a mistake").to_string()
}

#[test]
fn types_that_an_operation_cannot_have_are_errors() {
    let segment = |f: &mut FunctionBuilder| f.of_address(1024, 16);
    assert_eq!(
        mistake(|f, types| {
            let segment = segment(f);
            f.to_array(types.ints, segment, 0, 1);
        }),
        "MemorySegment.toArray: type 2 is not mutable: it is (array i32) (in f, operation 2)"
    );
    assert_eq!(
        mistake(|f, types| {
            let segment = segment(f);
            let array = local(f, types.shorts);
            f.copy_from_array(TypeId(0), (segment, 0), (array, 0), 1);
        }),
        "MemorySegment.copyFromArray: type 0 is not an array type whose elements are numbers or vectors (in f, operation 2)"
    );
    assert_eq!(
        mistake(|f, _| f.intrinsic(Intrinsic::SegmentToArray)),
        "MemorySegment.toArray requires an array type: see `Signature::with_array` (in f, operation 1)"
    );
    let ty = DeclaredArray { index: 1, element: Element::I16, mutable: false };
    let signature = Signature::new(Intrinsic::SegmentToArray, Representation::Packed).unwrap();
    assert_eq!(signature.with_array(ArrayReference { nullable: false, ty }), None);
    // 16 bytes are eight shorts.
    assert_eq!(
        mistake(|f, types| {
            f.region(|f, region| {
                let segment = f.allocate(region, 16);
                f.to_array(types.shorts, segment, 2, 8);
                f.drop();
            });
            f.push(0);
        }),
        "OutOfBounds: MemorySegment.toArray: bytes 2..18 of a segment of 16 bytes (in f, operation 3)"
    );
}
