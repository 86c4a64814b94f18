//! The findings of `check` about the functions of a builder.
//!
//! Function builders record what the frontend adds, with intrinsics as calls. The records form a module that the link door
//! could read, except that its intrinsics have the builder's type of segments, and are numbered instead of named. The
//! analysis of the link door reads that module.

use crate::build::layout::Layout;
use crate::build::module::{Body, ModuleBuilder, Source};
use crate::code::{FunctionRef, relocate};
use crate::engine::record::Recorded;
use crate::error::{Error, Finding, Place};
use crate::link::{Built, check_built};
use crate::source::Operations;
use crate::source_line::Mark;
use indexmap::IndexSet;
use linmem_intrinsics::{MODULE, Operand, Safety, Signature};
use std::collections::BTreeSet;
use wasm_encoder::{CodeSection, EntityType, Function, FunctionSection, Instruction, NameSection, ValType};
use wasmparser::{Parser, Payload};

impl ModuleBuilder {
    /// Makes [`check`](ModuleBuilder::check) possible. Function bodies that are begun from now on record what they
    /// contain, which makes building them slower. The finished module does not change.
    pub fn enable_check(&mut self) {
        self.records = true;
    }

    /// The findings of [`linmem::check`](crate::check) about the functions that are defined so far, with the operations
    /// and lines that they are at: regions that are left open, closed twice or used after they were closed, accesses
    /// outside of segments, and what else is or may be a violation, even if the configuration does not check that at
    /// run time. Regions that [scopes](crate::build::FunctionBuilder::begin_region) close are closed.
    ///
    /// # Errors
    ///
    /// If a body was begun before [`enable_check`](ModuleBuilder::enable_check), or if the module does not validate, as
    /// far as it is defined. An item that refers to a function or type that does not exist is an error, too.
    pub fn check(&self) -> Result<Vec<Finding>, Error> {
        self.check_ids()?;
        let mut intrinsics = IndexSet::new();
        for (name, body) in self.bodies() {
            let Some(recorded) = &body.lowered.recorded else {
                let message = format!("{name} cannot be checked: its body was begun before `enable_check`");
                return Err(Error::Builder { message, place: Place::Module });
            };
            intrinsics.extend(recorded.intrinsics.iter().copied());
        }
        let written = Written::new(self, &intrinsics);
        let intrinsics: Vec<Signature> = intrinsics.into_iter().collect();
        let mut config = self.config.clone();
        if self.context.representation.carries_size() {
            let safety = self.context.choices.safety;
            config.safety = Some(safety.max(Safety::Spatial));
        }
        let found = check_built(Built {
            module: &written.module,
            operations: written.operations(self),
            intrinsics: &intrinsics,
            nothrow: self.nothrow(&written.layout),
            nothing_throws: !self.signatures.anything_throws(),
            config: &config,
            context: self.context,
        });
        found.map_err(|error| match error {
            Error::Invalid { message, place: Place::Offset(offset) } => written.not_valid(self, message, offset),
            other => other,
        })
    }

    /// The functions that are defined.
    fn bodies(&self) -> impl Iterator<Item = (&str, &Body)> {
        self.functions.iter().filter_map(|entry| match &entry.source {
            Source::Declared { name, body: Some(body) } => Some((name.as_str(), &**body)),
            _ => None,
        })
    }

    /// The indices of the functions that are declared not to throw.
    fn nothrow(&self, layout: &Layout) -> BTreeSet<u32> {
        let numbered = (0..).zip(&layout.functions);
        numbered.filter(|(number, _)| !self.signatures.throws(*number)).map(|(_, index)| *index).collect()
    }
}

/// The module of all records.
struct Written {
    layout: Layout,
    /// The index of each intrinsic.
    intrinsics: Vec<(Signature, u32)>,
    module: Vec<u8>,
}

impl Written {
    fn new(builder: &ModuleBuilder, intrinsics: &IndexSet<Signature>) -> Written {
        let (layout, first) = Layout::of_program(builder, intrinsics.len() as u32);
        let intrinsics = (first..).zip(intrinsics).map(|(index, signature)| (*signature, index)).collect();
        let mut written = Written { layout, intrinsics, module: Vec::new() };
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
        written
    }

    fn index(&self, recorded: &Recorded, function: FunctionRef) -> u32 {
        let signature = match function {
            FunctionRef::Intrinsic(position) => recorded.intrinsics.get(position as usize),
            _ => return self.layout.index(function),
        };
        let index = self.intrinsics.iter().find(|(known, _)| Some(known) == signature).map(|(_, index)| *index);
        index.unwrap_or(crate::code::NO_INDEX)
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
    fn not_valid(&self, builder: &ModuleBuilder, message: String, offset: usize) -> Error {
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
    fn operations(&self, builder: &ModuleBuilder) -> Operations {
        let starts = Parser::new(0).parse_all(&self.module).filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => {
                body.get_operators_reader().ok().map(|operators| operators.original_position())
            }
            _ => None,
        });
        let declared = builder.functions.iter().filter_map(|entry| match &entry.source {
            Source::Declared { body, .. } => Some(body),
            Source::Import { .. } => None,
        });
        let mut places: Vec<(usize, Mark)> = Vec::new();
        for (start, body) in starts.zip(declared) {
            let Some(recorded) = body.as_ref().and_then(|body| body.lowered.recorded.as_ref()) else { continue };
            let offsets = recorded.code.line_offsets(|function| self.index(recorded, function));
            places.extend(
                offsets.filter_map(|(offset, mark)| Some((start + offset, recorded.marks.get(mark as usize)?.clone()))),
            );
        }
        Operations::new(places)
    }
}
