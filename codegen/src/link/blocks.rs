//! The types of the structures that linking adds to functions.
//!
//! A structure with parameters, or with several results, has a function type. Such types are added after the types of the
//! input and those of segments.

use crate::link::input::{Input, TAG};
use indexmap::IndexSet;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Encode, ValType};
use wasmparser::{
    BinaryReader, CompositeInnerType, FunctionSectionReader, TagSectionReader, TypeRef, TypeSectionReader,
};

/// The parameters and results of a function or a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct BlockShape {
    pub(super) params: Vec<ValType>,
    pub(super) results: Vec<ValType>,
}

/// The types of added structures, and the types of the input that they derive from.
#[derive(Debug, Default)]
pub(super) struct BlockTypes {
    /// By index, the function types of the input; `None` for other types.
    types: Vec<Option<BlockShape>>,
    /// By position of its body, the type of each defined function.
    functions: Vec<u32>,
    /// The types of tags.
    tags: Vec<u32>,
    /// The index of the first added type.
    first: u32,
    added: IndexSet<BlockShape>,
}

impl BlockTypes {
    /// Reads the types of the input. Added types are numbered from `first`. `None` if a type cannot be encoded.
    pub(super) fn read(input: &Input<'_>, first: u32) -> Option<BlockTypes> {
        const TYPE: u8 = 1;
        const FUNCTION: u8 = 3;
        let imported = input.import_list.iter().filter_map(|import| match import.ty {
            TypeRef::Tag(tag) => Some(tag.func_type_idx),
            _ => None,
        });
        let mut blocks = BlockTypes { first, tags: imported.collect(), ..BlockTypes::default() };
        for section in &input.sections {
            let reader = BinaryReader::new(&input.bytes[section.range.clone()], section.range.start);
            match section.id {
                TYPE => {
                    for group in TypeSectionReader::new(reader).ok()? {
                        for ty in group.ok()?.into_types() {
                            blocks.types.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(ty) => {
                                    Some(BlockShape { params: encoded(ty.params())?, results: encoded(ty.results())? })
                                }
                                _ => None,
                            });
                        }
                    }
                }
                FUNCTION => {
                    for ty in FunctionSectionReader::new(reader).ok()? {
                        blocks.functions.push(ty.ok()?);
                    }
                }
                TAG => {
                    for tag in TagSectionReader::new(reader).ok()? {
                        blocks.tags.push(tag.ok()?.func_type_idx);
                    }
                }
                _ => {}
            }
        }
        Some(blocks)
    }

    /// The results of a defined function.
    pub(super) fn results(&self, position: usize) -> Vec<ValType> {
        self.functions.get(position).and_then(|ty| self.of(*ty)).map(|shape| shape.results.clone()).unwrap_or_default()
    }

    /// The operands of the exceptions of a tag.
    pub(super) fn operands(&self, tag: u32) -> Vec<ValType> {
        self.tags.get(tag as usize).and_then(|ty| self.of(*ty)).map(|shape| shape.params.clone()).unwrap_or_default()
    }

    /// The parameters and results of a structure of the input.
    pub(super) fn shape(&self, ty: wasmparser::BlockType) -> BlockShape {
        match ty {
            wasmparser::BlockType::Empty => BlockShape::default(),
            wasmparser::BlockType::Type(ty) => {
                BlockShape { params: Vec::new(), results: encoded(&[ty]).unwrap_or_default() }
            }
            wasmparser::BlockType::FuncType(index) => self.of(index).cloned().unwrap_or_default(),
        }
    }

    fn of(&self, ty: u32) -> Option<&BlockShape> {
        self.types.get(ty as usize)?.as_ref()
    }

    /// The block type of a structure.
    pub(super) fn block_type(&mut self, shape: BlockShape) -> BlockType {
        match (&shape.params[..], &shape.results[..]) {
            ([], []) => BlockType::Empty,
            ([], [result]) => BlockType::Result(*result),
            _ => BlockType::FunctionType(self.first + self.added.insert_full(shape).0 as u32),
        }
    }

    /// The number of added types.
    pub(super) fn count(&self) -> u32 {
        self.added.len() as u32
    }

    /// Writes the added types as entries of the type section.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        const FUNCTION_TYPE: u8 = 0x60;
        for BlockShape { params, results } in &self.added {
            out.push(FUNCTION_TYPE);
            params.encode(out);
            results.encode(out);
        }
    }
}

fn encoded(types: &[wasmparser::ValType]) -> Option<Vec<ValType>> {
    types.iter().map(|ty| RoundtripReencoder.val_type(*ty).ok()).collect()
}
