//! Checks that a finished module is valid and has everything that linmem adds, where the writer says it is.

use crate::build::indices::{Indices, Item};
use crate::build::parts::{DataPart, Parts};
use crate::build::place::{Wrong, not_valid};
use crate::error::{Error, Place};
use linmem_intrinsics::wasi;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Encode, SubType, TypeSection, ValType};
use wasmparser::{
    BinaryReader, BinaryReaderError, CompositeInnerType, DataKind, ExternalKind, FuncType, FunctionBody, GlobalType,
    MemoryType, Operator, Parser, Payload, TypeRef,
};

/// The number and the type of consecutive locals.
type Locals = (u32, wasmparser::ValType);

impl Parts {
    /// Checks a finished module: that it is valid, has every part at the index that `indices` says, with the memory
    /// exported as `memory` if functions of WASI are called, and declares functions as
    /// [`declare_function`](crate::build::LateLowering::declare_function) did. The functions that linmem adds must have
    /// the bodies that it gave them; those of the frontend may have been changed.
    ///
    /// # Errors
    ///
    /// The first part that is missing; else the first mistake that validation finds, with the name of the function and
    /// the line that its frontend set.
    pub fn validate(&self, module: &[u8], indices: &impl Indices) -> Result<(), Error> {
        let found = Found::read(module);
        if found.is_whole {
            self.check_parts(&found, indices)?;
            self.check_program(&found, indices)?;
        }
        let Err(error) = crate::module::validate(module, |_| true) else { return Ok(()) };
        let own = self.program.iter().map(|(number, part)| (indices.function(*number), part));
        let added = (0..).map(|position| indices.item(Item::Function(position))).zip(&self.functions);
        let defined: BTreeMap<_, _> = own.chain(added).collect();
        let function = |position: usize| defined.get(&((found.imports.len() + position) as u32));
        let line = |wrong: Wrong| function(wrong.function)?.body.line_of(wrong.instruction, self, indices);
        Err(not_valid(&error, module.to_vec(), |position| function(position).map(|part| part.name.clone()), line))
    }

    fn check_parts(&self, found: &Found<'_>, indices: &impl Indices) -> Result<(), Error> {
        let memory = indices.item(Item::Memory);
        let minimum = self.memory.minimum;
        let is_memory = |ty: &MemoryType| !ty.memory64 && ty.page_size_log2.is_none() && ty.initial >= minimum;
        require(at(&found.memories, memory).is_some_and(is_memory), || {
            format!("memory {memory} of the module is not a 32-bit memory with a minimum of at least {minimum}")
        })?;
        let calls_wasi = self.imports.iter().any(|part| part.module == wasi::MODULE);
        require(!calls_wasi || found.memory_export == Some(memory), || {
            format!("functions of WASI are called, but memory {memory} is not exported as `memory`")
        })?;
        for (position, part) in (0..).zip(&self.globals) {
            let index = indices.item(Item::Global(position));
            let (ty, value) = self.global(part, indices);
            let mut bytes = Vec::new();
            value.encode(&mut bytes);
            let is_it = at(&found.globals, index).is_some_and(|(found, found_value)| {
                found.mutable == part.is_mutable
                    && val_type(found.content_type) == Some(ty)
                    && found_value.is_none_or(|it| it == bytes)
            });
            require(is_it, || not_it("global", index, &part.name))?;
        }
        for (position, part) in (0..).zip(&self.imports) {
            let index = indices.item(Item::Import(position));
            let is_it = at(&found.imports, index) == Some(&(part.module, part.name))
                && found.is_of_type(index, &part.params, &part.results);
            require(is_it, || not_it("function", index, &format!("the import {}.{}", part.module, part.name)))?;
        }
        for (position, part) in (0..).zip(&self.functions) {
            let index = indices.item(Item::Function(position));
            let body = part.body.resolve(self, indices)?.into_raw_body();
            let is_it = found.is_of_type(index, &part.params, &part.results) && found.has_body(index, &body);
            require(is_it, || not_it("function", index, &part.name))?;
        }
        for (position, ty) in (0..).zip(self.types(indices.item(Item::Type(0)))) {
            let index = indices.item(Item::Type(position));
            let found = at(&found.types, index).and_then(|ty| RoundtripReencoder.sub_type(ty.clone()).ok());
            let is_it = found.is_some_and(|found| encoded(&found) == encoded(&ty));
            require(is_it, || not_it("type", index, &format!("type {position} of the recursion group")))?;
        }
        for (position, results) in (0..).zip(&self.block_types) {
            let index = indices.item(Item::BlockType(position));
            require(found.is_type(index, &[], results), || {
                not_it("type", index, &format!("the type of blocks with the results {results:?}"))
            })?;
        }
        for DataPart { address, bytes } in &self.data {
            require(found.data.contains(&(memory, *address, bytes)), || {
                let size = bytes.len();
                format!(
                    "the module has no data segment with the {size} bytes of static data at address {address} of memory {memory}"
                )
            })?;
        }
        for section in &self.custom_sections {
            require(found.customs.contains(&(&section.name, &section.data)), || {
                format!("the module does not have the custom section {}", section.name)
            })?;
        }
        Ok(())
    }

    /// Checks the functions that the frontend declared: the code of callers depends on their arity.
    fn check_program(&self, found: &Found<'_>, indices: &impl Indices) -> Result<(), Error> {
        for (number, part) in &self.program {
            let index = indices.function(*number);
            let defined = found.imports.len()..found.functions.len();
            require(defined.contains(&(index as usize)), || not_it("function", index, &part.name))?;
        }
        for (number, (params, results)) in self.signatures.function_arities() {
            let index = indices.function(number);
            let Some(ty) = found.function(index) else { continue };
            let (found_params, found_results) = (ty.params().len(), ty.results().len());
            require((found_params, found_results) == (params as usize, results as usize), || {
                format!(
                    "function {number} was declared with {params} parameters and {results} results, but function \
                     {index} of the module has {found_params} and {found_results}"
                )
            })?;
        }
        Ok(())
    }
}

fn require(condition: bool, message: impl FnOnce() -> String) -> Result<(), Error> {
    if condition { Ok(()) } else { Err(Error::Builder { message: message(), place: Place::Module }) }
}

fn not_it(kind: &str, index: u32, part: &str) -> String {
    format!("{kind} {index} of the module is not {part}")
}

/// What a module contains.
#[derive(Default)]
struct Found<'a> {
    types: Vec<wasmparser::SubType>,
    /// The imported functions.
    imports: Vec<(&'a str, &'a str)>,
    /// The types of all functions.
    functions: Vec<u32>,
    /// The types of all globals, and the encoded values of those that are defined.
    globals: Vec<(GlobalType, Option<&'a [u8]>)>,
    memories: Vec<MemoryType>,
    memory_export: Option<u32>,
    bodies: Vec<FunctionBody<'a>>,
    /// The memories, addresses and bytes of the active data segments whose address is one constant.
    data: BTreeSet<(u32, u32, &'a [u8])>,
    customs: Vec<(&'a str, &'a [u8])>,
    /// Whether the module could be read to its end.
    is_whole: bool,
}

impl<'a> Found<'a> {
    fn read(module: &'a [u8]) -> Found<'a> {
        let mut found = Found::default();
        found.is_whole = found.add(module).is_ok();
        found
    }

    fn add(&mut self, module: &'a [u8]) -> Result<(), BinaryReaderError> {
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        self.types.extend(group?.into_types());
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                                self.imports.push((import.module, import.name));
                                self.functions.push(ty);
                            }
                            TypeRef::Memory(ty) => self.memories.push(ty),
                            TypeRef::Global(ty) => self.globals.push((ty, None)),
                            TypeRef::Table(_) | TypeRef::Tag(_) => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        self.functions.push(ty?);
                    }
                }
                Payload::MemorySection(section) => {
                    for ty in section {
                        self.memories.push(ty?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global?;
                        let mut value = global.init_expr.get_binary_reader();
                        let bytes = value.read_bytes(value.bytes_remaining())?;
                        self.globals.push((global.ty, Some(bytes)));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.name == "memory" && export.kind == ExternalKind::Memory {
                            self.memory_export = Some(export.index);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => self.bodies.push(body),
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data?;
                        let DataKind::Active { memory_index, offset_expr } = data.kind else { continue };
                        let mut operators = offset_expr.get_operators_reader();
                        if let (Operator::I32Const { value }, Operator::End) = (operators.read()?, operators.read()?) {
                            self.data.insert((memory_index, value.cast_unsigned(), data.data));
                        }
                    }
                }
                Payload::CustomSection(section) => self.customs.push((section.name(), section.data())),
                _ => {}
            }
        }
        Ok(())
    }

    fn function(&self, index: u32) -> Option<&FuncType> {
        self.function_type(*at(&self.functions, index)?)
    }

    fn function_type(&self, index: u32) -> Option<&FuncType> {
        match &at(&self.types, index)?.composite_type.inner {
            CompositeInnerType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    fn is_of_type(&self, function: u32, params: &[ValType], results: &[ValType]) -> bool {
        at(&self.functions, function).is_some_and(|ty| self.is_type(*ty, params, results))
    }

    /// Whether a function has this body, in whatever encoding.
    fn has_body(&self, function: u32, body: &[u8]) -> bool {
        let position = (function as usize).checked_sub(self.imports.len());
        let body = FunctionBody::new(BinaryReader::new(body, 0));
        position.and_then(|position| self.bodies.get(position)).is_some_and(
            |found| matches!((contents(found), contents(&body)), (Ok(found), Ok(expected)) if found == expected),
        )
    }

    fn is_type(&self, index: u32, params: &[ValType], results: &[ValType]) -> bool {
        let is = |found: &[wasmparser::ValType], types: &[ValType]| {
            found.iter().map(|ty| val_type(*ty)).eq(types.iter().map(|ty| Some(*ty)))
        };
        self.function_type(index).is_some_and(|ty| is(ty.params(), params) && is(ty.results(), results))
    }
}

/// The locals and instructions of a body.
fn contents<'a>(body: &FunctionBody<'a>) -> Result<(Vec<Locals>, Vec<Operator<'a>>), BinaryReaderError> {
    let locals = body.get_locals_reader()?.into_iter().collect::<Result<_, _>>()?;
    let operators = body.get_operators_reader()?.into_iter().collect::<Result<_, _>>()?;
    Ok((locals, operators))
}

fn at<T>(list: &[T], index: u32) -> Option<&T> {
    list.get(index as usize)
}

fn val_type(ty: wasmparser::ValType) -> Option<ValType> {
    RoundtripReencoder.val_type(ty).ok()
}

/// The encoding of a type.
fn encoded(ty: &SubType) -> Vec<u8> {
    let (mut section, mut bytes) = (TypeSection::new(), Vec::new());
    section.ty().subtype(ty);
    section.encode(&mut bytes);
    bytes
}
