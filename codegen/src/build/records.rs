//! The module of what function builders recorded.
//!
//! Function builders record what the frontend adds, with intrinsics as calls. The records form a module that the link door
//! could read, except that its intrinsics have the builder's type of segments, and are numbered instead of named, and that
//! static data has no addresses yet.

use crate::build::layout::Layout;
use crate::build::module::{Body, ModuleBuilder, Source};
use crate::code::{FunctionRef, NO_INDEX, relocate};
use crate::engine::record::Recorded;
use crate::error::{Error, Place};
use crate::source::Operations;
use crate::source_line::Mark;
use crate::statics::StaticSegment;
use indexmap::{IndexMap, IndexSet};
use linmem_intrinsics::{MODULE, Operand, Signature};
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{CodeSection, EntityType, Function, FunctionSection, Instruction, NameSection, ValType};
use wasmparser::{Parser, Payload};

/// The module of all records.
pub(super) struct Written {
    pub(super) layout: Layout,
    /// The index of each intrinsic.
    intrinsics: IndexMap<Signature, u32>,
    pub(super) module: Vec<u8>,
    /// The offset in the module at which the instructions of each function start that is declared.
    starts: Vec<usize>,
}

/// The intrinsics of functions.
pub(super) fn intrinsics<'b>(bodies: impl Iterator<Item = &'b Body>) -> IndexSet<Signature> {
    let recorded = bodies.filter_map(|body| body.lowered.recorded.as_ref());
    recorded.flat_map(|recorded| recorded.intrinsics.iter().copied()).collect()
}

impl Written {
    pub(super) fn new(builder: &ModuleBuilder, intrinsics: &IndexSet<Signature>) -> Written {
        let (layout, first) = Layout::of_program(builder, intrinsics.len() as u32);
        let intrinsics = (first..).zip(intrinsics).map(|(index, signature)| (*signature, index)).collect();
        let mut written = Written { layout, intrinsics, module: Vec::new(), starts: Vec::new() };
        let (functions, code) = written.code(builder);
        let mut types = builder.types.section(|| 0);
        let mut imports = written.layout.imports(builder);
        for ((position, (signature, _)), ty) in (0u32..).zip(&written.intrinsics).zip(builder.types.count()..) {
            let value_types = |operands: &[Operand]| -> Vec<ValType> {
                operands.iter().map(|operand| builder.context.operand_type(signature, *operand)).collect()
            };
            types.ty().function(value_types(&signature.operands()), value_types(&signature.results()));
            imports.import(MODULE, &position.to_string(), EntityType::Function(ty));
        }
        let mut names = NameSection::new();
        names.functions(&written.layout.function_name_map(builder));
        written.module = written.layout.module(builder, &types, &imports, (&functions, &code), None, Some(&names));
        let bodies = Parser::new(0).parse_all(&written.module).filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => body.get_operators_reader().ok(),
            _ => None,
        });
        let starts = bodies.map(|operators| operators.original_position()).collect();
        written.starts = starts;
        written
    }

    fn index(&self, recorded: &Recorded, function: FunctionRef) -> u32 {
        let signature = match function {
            FunctionRef::Intrinsic(position) => recorded.intrinsics.get(position as usize),
            _ => return self.layout.index(function),
        };
        signature.and_then(|signature| self.intrinsics.get(signature)).copied().unwrap_or(NO_INDEX)
    }

    /// The types of the functions that are declared, and their bodies. Functions that are not defined yet do nothing.
    fn code(&self, builder: &ModuleBuilder) -> (FunctionSection, CodeSection) {
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for entry in &builder.functions {
            let Source::Declared { body, .. } = &entry.source else { continue };
            functions.function(entry.ty.0);
            let recorded = body.as_ref().and_then(|body| body.lowered.recorded.as_ref());
            let locals = recorded.map(|recorded| recorded.locals.as_slice()).unwrap_or_default();
            let mut function = Function::new_with_locals_types(locals.iter().copied());
            match recorded {
                Some(recorded) => {
                    let mut bytes = Vec::new();
                    let index = |function| self.index(recorded, function);
                    relocate(&recorded.code.bytes, &recorded.code.relocations, index, &mut bytes);
                    function.raw(bytes);
                }
                None => {
                    function.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
                }
            }
            code.function(&function);
        }
        (functions, code)
    }

    /// The error for a module that does not validate.
    pub(super) fn not_valid(&self, builder: &ModuleBuilder, message: String, offset: usize) -> Error {
        let bodies = Parser::new(0).parse_all(&self.module).filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => Some(body.range()),
            _ => None,
        });
        let names = builder.functions.iter().filter_map(|entry| match &entry.source {
            Source::Declared { name, .. } => Some(name),
            Source::Import { .. } => None,
        });
        let found = bodies.zip(names).find(|(range, _)| (range.start..=range.end).contains(&offset));
        let place = match found {
            Some((_, name)) => {
                let operations = self.operations(builder);
                let mark = operations.at(offset);
                Place::Built(Box::new(crate::error::Built {
                    function: name.clone(),
                    operation: mark.map(|mark| mark.operation),
                    instruction: None,
                    source: mark.and_then(|mark| mark.source.clone()),
                }))
            }
            None => Place::Module,
        };
        Error::Invalid { message, place }
    }

    /// The places of operations in the module.
    pub(super) fn operations(&self, builder: &ModuleBuilder) -> Operations {
        let mut places: Vec<(usize, Mark)> = Vec::new();
        for (start, recorded) in self.recorded(builder) {
            let offsets = recorded.code.line_offsets(|function| self.index(recorded, function));
            places.extend(
                offsets.filter_map(|(offset, mark)| Some((start + offset, recorded.marks.get(mark as usize)?.clone()))),
            );
        }
        Operations::new(places)
    }

    /// The calls that stand for static data, by their offsets in the module.
    pub(super) fn data(&self, builder: &ModuleBuilder) -> BTreeMap<usize, StaticSegment> {
        let mut calls = BTreeMap::new();
        for (start, recorded) in self.recorded(builder).filter(|(_, recorded)| !recorded.data.is_empty()) {
            let offsets = recorded.code.function_offsets(|function| self.index(recorded, function));
            // The index follows the opcode of the call.
            let offset = |position: usize| Some(start + offsets.get(position)?.checked_sub(1)?);
            calls.extend(recorded.data.iter().filter_map(|(call, segment)| Some((offset(*call)?, *segment))));
        }
        calls
    }

    /// The indices of the functions that are declared not to throw.
    pub(super) fn nothrow(&self, builder: &ModuleBuilder) -> BTreeSet<u32> {
        let numbered = (0..).zip(&self.layout.functions);
        numbered.filter(|(number, _)| !builder.signatures.throws(*number)).map(|(_, index)| *index).collect()
    }

    /// The records, each with the offset at which its instructions start.
    fn recorded<'b>(&self, builder: &'b ModuleBuilder) -> impl Iterator<Item = (usize, &'b Recorded)> {
        let declared = builder.functions.iter().filter_map(|entry| match &entry.source {
            Source::Declared { body, .. } => Some(body),
            Source::Import { .. } => None,
        });
        let recorded = |body: &'b Option<Box<Body>>| body.as_ref()?.lowered.recorded.as_deref();
        self.starts.iter().copied().zip(declared).filter_map(move |(start, body)| Some((start, recorded(body)?)))
    }
}
