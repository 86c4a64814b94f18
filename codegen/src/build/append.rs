//! Adds lowered functions, and what they need, to the sections of a frontend that uses wasm-encoder.
//!
//! The frontend's items come first in each index space, so that they keep their numbers. Only functions that the
//! frontend defines move: those that linmem imports precede them.

use crate::build::indices::{Indices, Item};
use crate::build::parts::{DataPart, Parts};
use crate::error::{Error, Place};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, Encode, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemorySection, MemoryType, TypeSection, ValType,
};
use wasmparser::{BinaryReader, BinaryReaderError, ImportSectionReader, TypeRef, TypeSectionReader};

/// The sections of a module that [`Parts::add_to`] adds to.
///
/// Types, imports, and the types of the frontend's functions must be complete. The code section must be empty. The
/// frontend can go on to add memories, globals and exports, and writes all other sections itself.
#[derive(Debug)]
pub struct Sections<'a> {
    /// The types of the frontend.
    pub types: &'a mut TypeSection,
    /// The imports of the frontend.
    pub imports: &'a mut ImportSection,
    /// The types of the functions that the frontend defines, in the order of their numbers.
    pub functions: &'a mut FunctionSection,
    /// The memories of the frontend.
    pub memories: &'a mut MemorySection,
    /// The globals of the frontend.
    pub globals: &'a mut GlobalSection,
    /// The exports of the frontend. linmem's memory is exported as `memory`.
    pub exports: &'a mut ExportSection,
    /// The code section, which is empty.
    pub code: &'a mut CodeSection,
    /// The data segments of the frontend, which keep their numbers.
    pub data: &'a mut DataSection,
}

/// The indices that [`Parts::add_to`] assigned.
///
/// In the function index space, the frontend's imports are followed by linmem's, the frontend's functions, and those
/// that linmem adds. In the others, what linmem adds comes last.
#[derive(Clone, Debug)]
pub struct AssignedIndices {
    imported_functions: u32,
    added_imports: u32,
    first_function: u32,
    memory: u32,
    first_global: u32,
    first_type: u32,
    first_block_type: u32,
}

impl Indices for AssignedIndices {
    fn item(&self, item: Item) -> u32 {
        let (first, position) = match item {
            Item::Memory => (self.memory, 0),
            Item::Global(position) => (self.first_global, position),
            Item::Import(position) => (self.imported_functions, position),
            Item::Function(position) => (self.first_function, position),
            Item::Type(position) => (self.first_type, position),
            Item::BlockType(position) => (self.first_block_type, position),
        };
        first.saturating_add(position)
    }

    fn function(&self, number: u32) -> u32 {
        if number < self.imported_functions { number } else { number.saturating_add(self.added_imports) }
    }
}

impl Parts {
    /// Adds the lowered functions, and everything that linmem adds, to the sections of a module. The custom sections,
    /// and the names of what is added, are left to the frontend.
    ///
    /// The numbers that the frontend uses in instructions must be those that its items have in the sections: functions
    /// that it imports come first, then those that it defines.
    ///
    /// # Errors
    ///
    /// If the functions in the sections are not those that were lowered, or a section is not well-formed. The sections
    /// must then not be used.
    pub fn add_to(&self, sections: Sections<'_>) -> Result<AssignedIndices, Error> {
        let Sections { types, imports, functions, memories, globals, exports, code, data } = sections;
        let imported = Imported::of(imports)?;
        self.check_functions(imported.functions, functions.len(), code.len())?;
        let first_type = type_count(types)?;
        let group = self.types(first_type);
        let added_imports = self.imports.len() as u32;
        let indices = AssignedIndices {
            imported_functions: imported.functions,
            added_imports,
            first_function: imported.functions + added_imports + functions.len(),
            memory: imported.memories + memories.len(),
            first_global: imported.globals + globals.len(),
            first_type,
            first_block_type: first_type + group.len() as u32,
        };
        if !group.is_empty() {
            types.ty().rec(group);
        }
        let mut types = Types { section: types, first: indices.first_block_type, added: Vec::new() };
        for results in &self.block_types {
            types.add(&[], results);
        }
        for import in &self.imports {
            let ty = types.index(&import.params, &import.results);
            imports.import(import.module, import.name, EntityType::Function(ty));
        }
        for function in &self.functions {
            functions.function(types.index(&function.params, &function.results));
        }
        for function in self.program.values().chain(&self.functions) {
            code.function(&function.body.resolve(self, &indices)?);
        }
        let (minimum, maximum) = (self.memory.minimum, self.memory.maximum);
        memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
        exports.export("memory", ExportKind::Memory, indices.memory);
        for part in &self.globals {
            let (val_type, value) = self.global(part, &indices);
            globals.global(GlobalType { val_type, mutable: part.is_mutable, shared: false }, &value);
        }
        for DataPart { address, bytes } in &self.data {
            data.active(indices.memory, &ConstExpr::i32_const(address.cast_signed()), bytes.iter().copied());
        }
        Ok(indices)
    }

    /// Checks that the lowered functions are those that the sections define.
    fn check_functions(&self, imported: u32, defined: u32, written: u32) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Builder { message, place: Place::Module });
        if written > 0 {
            return fail("the code section is not empty: linmem adds the bodies of all functions".to_string());
        }
        for (number, function) in &self.program {
            let name = &function.name;
            match number.checked_sub(imported) {
                None => return fail(format!("{name} was lowered, but function {number} is an import")),
                Some(position) if position >= defined => {
                    return fail(format!("{name} was lowered, but function {number} is not in the function section"));
                }
                Some(_) => {}
            }
        }
        match (imported..).take(defined as usize).find(|number| !self.program.contains_key(number)) {
            Some(number) => fail(format!("function {number} is in the function section, but was not lowered")),
            None => Ok(()),
        }
    }
}

/// The function types that are added to a type section, each once.
struct Types<'a> {
    section: &'a mut TypeSection,
    first: u32,
    added: Vec<(Vec<ValType>, Vec<ValType>)>,
}

impl Types<'_> {
    fn add(&mut self, params: &[ValType], results: &[ValType]) {
        self.section.ty().function(params.iter().copied(), results.iter().copied());
        self.added.push((params.to_vec(), results.to_vec()));
    }

    fn index(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let known = self.added.iter().position(|(other, others)| other == params && others == results);
        let position = known.unwrap_or(self.added.len());
        if known.is_none() {
            self.add(params, results);
        }
        self.first + position as u32
    }
}

/// The number of imports of each kind that linmem adds items of.
#[derive(Default)]
struct Imported {
    functions: u32,
    memories: u32,
    globals: u32,
}

impl Imported {
    fn of(section: &ImportSection) -> Result<Imported, BinaryReaderError> {
        let bytes = encoded(section);
        let mut imported = Imported::default();
        for import in ImportSectionReader::new(contents(&bytes)?)?.into_imports() {
            match import?.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => imported.functions += 1,
                TypeRef::Memory(_) => imported.memories += 1,
                TypeRef::Global(_) => imported.globals += 1,
                TypeRef::Table(_) | TypeRef::Tag(_) => {}
            }
        }
        Ok(imported)
    }
}

/// The number of types in a section, which counts a recursion group as one entry.
fn type_count(section: &TypeSection) -> Result<u32, BinaryReaderError> {
    let bytes = encoded(section);
    let mut count = 0;
    for group in TypeSectionReader::new(contents(&bytes)?)? {
        count += group?.types().len() as u32;
    }
    Ok(count)
}

fn encoded(section: &impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    bytes
}

/// What follows the size of a section.
fn contents(bytes: &[u8]) -> Result<BinaryReader<'_>, BinaryReaderError> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_var_u32()?;
    Ok(reader)
}
