//! Replaces the reserved indices of a body by those that a module writer assigned.

use crate::build::indices::{FIRST_TYPE, Indices, Item, VIRTUAL};
use crate::error::Error;
use std::convert::Infallible;
use wasm_encoder::Function;
use wasm_encoder::reencode::{Error as ReencodeError, Reencode};
use wasmparser::{BinaryReader, FunctionBody};

/// Maps indices.
struct Resolver<'a, I> {
    /// The number of segment types, which are the first of the reserved ones.
    segment_types: u32,
    indices: &'a I,
}

type Result = std::result::Result<u32, ReencodeError<Infallible>>;

impl<I: Indices> Reencode for Resolver<'_, I> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result {
        // The reserved indices of functions contain the assigned ones.
        Ok(match function.checked_sub(VIRTUAL) {
            Some(assigned) => assigned,
            None => self.indices.function(function),
        })
    }

    fn global_index(&mut self, global: u32) -> Result {
        Ok(match global.checked_sub(VIRTUAL) {
            Some(position) => self.indices.item(Item::Global(position)),
            None => self.indices.global(global),
        })
    }

    fn memory_index(&mut self, memory: u32) -> Result {
        Ok(if memory == VIRTUAL { self.indices.item(Item::Memory) } else { self.indices.memory(memory) })
    }

    fn type_index(&mut self, ty: u32) -> Result {
        Ok(match ty.checked_sub(FIRST_TYPE) {
            Some(reserved) => self.indices.item(match reserved.checked_sub(self.segment_types) {
                Some(position) => Item::BlockType(position),
                None => Item::Type(reserved),
            }),
            None => self.indices.ty(ty),
        })
    }

    fn table_index(&mut self, table: u32) -> Result {
        Ok(self.indices.table(table))
    }

    fn tag_index(&mut self, tag: u32) -> Result {
        Ok(self.indices.tag(tag))
    }

    fn data_index(&mut self, data: u32) -> Result {
        Ok(self.indices.data(data))
    }

    fn element_index(&mut self, element: u32) -> Result {
        Ok(self.indices.element(element))
    }
}

/// The function with this body, with indices mapped.
pub(super) fn resolve(
    bytes: &[u8],
    segment_types: u32,
    indices: &impl Indices,
) -> std::result::Result<Function, Error> {
    let mut resolver = Resolver { segment_types, indices };
    let body = FunctionBody::new(BinaryReader::new(bytes, 0));
    let failed = |error: ReencodeError<Infallible>| Error::Internal { message: error.to_string() };
    let mut function = resolver.new_function_with_parsed_locals(&body).map_err(failed)?;
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let instruction = resolver.instruction(operators.read()?).map_err(failed)?;
        function.instruction(&instruction);
    }
    Ok(function)
}
