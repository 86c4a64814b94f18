//! The types of the language in WebAssembly: objects on the GC heap.

use super::tree::{Program, Type};
use linmem::Error;
use linmem::build::{ModuleBuilder, TypeId};
use linmem::wasm_encoder::{
    ArrayType, CompositeInnerType, CompositeType, FieldType, HeapType, RefType, StorageType, StructType, SubType,
    ValType,
};

/// The types of a program in its module.
pub(crate) struct Types {
    /// Strings: arrays of UTF-16 code units.
    pub(crate) text: TypeId,
    records: Vec<TypeId>,
    arrays: Vec<TypeId>,
}

impl Types {
    /// Defines the types, which may refer to each other.
    pub(crate) fn define(program: &Program, module: &mut ModuleBuilder) -> Result<Types, Error> {
        let count = 1 + program.records.len() + program.arrays.len();
        let ids = module.recursion_group_with(count as u32, |ids| {
            let types = Types::split(program, ids);
            let mut defined = vec![array(StorageType::I16)];
            defined.extend(program.records.iter().map(|record| {
                let field = |(_, ty): &(String, Type)| mutable(StorageType::Val(types.value(*ty)));
                sub_type(CompositeInnerType::Struct(StructType { fields: record.fields.iter().map(field).collect() }))
            }));
            defined.extend(program.arrays.iter().map(|element| array(StorageType::Val(types.value(*element)))));
            defined
        })?;
        Ok(Types::split(program, &ids))
    }

    fn split(program: &Program, ids: &[TypeId]) -> Types {
        let (text, rest) = ids.split_at(1);
        let (records, arrays) = rest.split_at(program.records.len());
        Types { text: text[0], records: records.to_vec(), arrays: arrays.to_vec() }
    }

    /// The type of a value. References can be null.
    pub(crate) fn value(&self, ty: Type) -> ValType {
        match self.object(ty) {
            Some(id) => ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(id.0) }),
            None => ValType::I32,
        }
    }

    /// The type of the object that a value refers to.
    pub(crate) fn object(&self, ty: Type) -> Option<TypeId> {
        match ty {
            Type::Int | Type::Bool => None,
            Type::Text => Some(self.text),
            Type::Array(number) => Some(self.arrays[number]),
            Type::Record(number) => Some(self.records[number]),
        }
    }
}

fn array(element: StorageType) -> SubType {
    sub_type(CompositeInnerType::Array(ArrayType(mutable(element))))
}

fn mutable(element_type: StorageType) -> FieldType {
    FieldType { element_type, mutable: true }
}

fn sub_type(inner: CompositeInnerType) -> SubType {
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}
