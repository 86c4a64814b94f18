//! The language's types and operators in WebAssembly, which do not depend on the way that modules are written.

use super::ast::Type;
use super::tree::{Binary, Program};
use wasm_encoder::{
    ArrayType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction, RefType, StorageType, SubType,
    ValType,
};

/// The type of strings: a mutable array of UTF-16 code units.
pub(crate) fn string_type() -> SubType {
    let field = FieldType { element_type: StorageType::I16, mutable: true };
    let inner = CompositeInnerType::Array(ArrayType(field));
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

/// The type of a value. `string` is the index of the type of strings.
pub(crate) fn val_type(ty: Type, string: u32) -> ValType {
    match ty {
        Type::Int => ValType::I32,
        Type::Text => ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(string) }),
        // linmem {
        Type::Segment => ValType::I64,
        Type::Allocator => ValType::I32,
        // } linmem
    }
}

/// The types of parameters, and of the result if there is one.
pub(crate) fn val_types<'a>(types: impl IntoIterator<Item = &'a Type>, string: u32) -> Vec<ValType> {
    types.into_iter().map(|ty| val_type(*ty, string)).collect()
}

/// The code units of all literals as bytes.
pub(crate) fn text_bytes(program: &Program) -> Vec<u8> {
    program.text.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

/// The instruction of an operator.
pub(crate) fn binary(operator: Binary) -> Instruction<'static> {
    match operator {
        Binary::Add => Instruction::I32Add,
        Binary::Subtract => Instruction::I32Sub,
        Binary::Multiply => Instruction::I32Mul,
        Binary::Divide => Instruction::I32DivS,
        Binary::Remainder => Instruction::I32RemS,
        Binary::Equal => Instruction::I32Eq,
        Binary::NotEqual => Instruction::I32Ne,
        Binary::Less => Instruction::I32LtS,
        Binary::LessOrEqual => Instruction::I32LeS,
        Binary::Greater => Instruction::I32GtS,
        Binary::GreaterOrEqual => Instruction::I32GeS,
    }
}
