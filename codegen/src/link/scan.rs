//! Parses and validates a module, and finds everything that linking must change.

use crate::code::{FunctionRef, Relocation};
use crate::config::{Config, Init, Optimize};
use crate::engine::knowledge::contents::Assigned;
use crate::error::{Error, Place};
use crate::link::custom::{Custom, NAME};
use crate::link::declared::DeclaredType;
use crate::link::does::Does;
use crate::link::imports::Imports;
use crate::link::input::{Body, Calls, GlobalInstruction, Input, Section, SizeInstruction};
use crate::link::statics::{Statics, format_of};
use crate::link::wrappers::Wrappers;
use crate::link::{allocator, find_wrappers};
use crate::module::features;
use crate::planted::{Optimization, is_off};
use crate::source::Source;
use linmem_intrinsics::Signature;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use wasmparser::types::TypesRef;
use wasmparser::{
    ConstExpr, DataKind, ElementItems, Encoding, FuncToValidate, FuncValidatorAllocations, FunctionBody, Name,
    NameSectionReader, Operator, OperatorsReader, Parser, Payload, SectionLimited, TypeRef, ValidPayload, Validator,
    ValidatorResources,
};

/// Parses and validates a module.
///
/// # Errors
///
/// If it is not valid, with its place.
pub(crate) fn parse<'a>(source: &'a Source<'a>, config: &Config) -> Result<Input<'a>, Error> {
    read(source, config, Imports::default()).map_err(|error| source.locate(error))
}

/// Parses and validates a module whose imports from `linmem` are these intrinsics, in this order, whatever their types.
///
/// # Errors
///
/// If it is not valid.
pub(super) fn parse_built<'a>(
    source: &'a Source<'a>,
    config: &Config,
    intrinsics: &[Signature],
) -> Result<Input<'a>, Error> {
    read(source, config, Imports::given(intrinsics))
}

fn read<'a>(source: &'a Source<'a>, config: &Config, imports: Imports<'a>) -> Result<Input<'a>, Error> {
    let bytes: &[u8] = &source.bytes;
    let lowers = config.export_allocator || config.init == Init::Passive;
    let mut scanner = Scanner { imports, lowers, traces: config.trace, ..Scanner::default() };
    let mut validator = Validator::new_with_features(features());
    let mut parser = Parser::new(0);
    parser.set_features(features());
    let mut types = None;
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let Payload::Version { encoding: Encoding::Component, .. } = payload {
            return Err(Error::component());
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => scanner.function(function, body)?,
            ValidPayload::End(done) => types = Some(done),
            ValidPayload::Ok | ValidPayload::Parser(_) => {}
        }
        scanner.payload(&payload, &validator, config)?;
    }
    let types = types
        .ok_or_else(|| Error::Invalid { message: "unexpected end".to_string(), place: Place::Offset(bytes.len()) })?;
    let Scanner { mut imports, statics, mut errors, .. } = scanner;
    if let (false, None, Some(declared)) = (statics.is_empty(), imports.declared(), statics.declared()) {
        imports.declare(declared);
    }
    if let Some(offset) = scanner.object {
        // The imports of an object file may change when it is linked.
        let message = "the module contains relocations; if it is an object file, link it first, else link it without --emit-relocs";
        errors.insert(0, Error::Unsupported { message: message.to_string(), place: Place::Offset(offset) });
    }
    let mut input = Input {
        bytes,
        source,
        types,
        imports,
        statics,
        errors,
        function_count: scanner.function_count,
        sections: scanner.sections,
        import_list: scanner.import_list,
        bodies: scanner.bodies,
        memory_count: scanner.memory_count,
        imported_memory_count: scanner.imported_memory_count,
        global_count: scanner.global_count,
        imported_global_count: scanner.imported_global_count,
        global_values: scanner.global_values,
        exports: scanner.exports,
        customs: scanner.customs,
        names: scanner.names,
        function_names: OnceCell::new(),
        shims: scanner.shims,
        referred: scanner.referred,
        switches: scanner.switches,
        nothrow: BTreeSet::new(),
        nothing_throws: false,
        only_data: false,
        exports_allocator: config.export_allocator,
        copies_data: config.init == Init::Passive && scanner.has_active_data,
        wrappers: Wrappers::default(),
    };
    if config.optimize == Optimize::Speed && !input.imports.are_given() && !is_off(Optimization::Wrappers) {
        input.wrappers = find_wrappers::find(&input);
    }
    for (body, other) in input.bodies.iter_mut().zip(scanner.others) {
        if body.calls.is_none() && find_wrappers::are_called_by(&input.wrappers, body) {
            body.calls = other;
        }
        if body.calls.is_none() {
            input.statics.read.extend(body.globals.iter().map(|instruction| instruction.global));
        }
    }
    if !input.statics.is_empty() {
        let found = input.statics.finish(scanner.imported_global_count, input.imports.declared().as_ref());
        input.errors.extend(found);
    }
    // A module that was linked before has its allocator.
    input.exports_allocator &= input.imports.has_any() || !allocator::is_present(&input);
    Ok(input)
}

#[derive(Default)]
struct Scanner<'a> {
    sections: Vec<Section>,
    imports: Imports<'a>,
    statics: Statics<'a>,
    import_list: Vec<wasmparser::Import<'a>>,
    bodies: Vec<Body<'a>>,
    /// What is known about each function that calls no intrinsic: it may call a wrapper.
    others: Vec<Option<Calls>>,
    function_count: u32,
    memory_count: u32,
    imported_memory_count: u32,
    global_count: u32,
    imported_global_count: u32,
    global_values: Vec<ConstExpr<'a>>,
    exports: Vec<wasmparser::Export<'a>>,
    customs: Vec<Custom<'a>>,
    names: Vec<Name<'a>>,
    shims: BTreeSet<u32>,
    referred: BTreeSet<u32>,
    switches: bool,
    errors: Vec<Error>,
    has_active_data: bool,
    /// Whether the module may change even if it imports no intrinsics.
    lowers: bool,
    /// Whether every function is lowered, because accesses are traced.
    traces: bool,
    /// The offset of the first section that occurs only in relocatable object files.
    object: Option<usize>,
    allocations: FuncValidatorAllocations,
}

impl<'a> Scanner<'a> {
    fn payload(&mut self, payload: &Payload<'a>, validator: &Validator, config: &Config) -> Result<(), Error> {
        if let Some((id, range)) = payload.as_section() {
            self.sections.push(Section { id, range });
        }
        match payload {
            Payload::ImportSection(section) => {
                let types = validator.types(0);
                for import in section.clone().into_imports() {
                    self.import(&import?, types, config);
                }
            }
            Payload::FunctionSection(section) => self.function_count += section.count(),
            Payload::TableSection(section) => {
                for table in section.clone() {
                    if let wasmparser::TableInit::Expr(expression) = table?.init {
                        // The expression precedes all defined globals, and makes the structures of static data itself.
                        self.expression(&expression)?;
                    }
                }
            }
            Payload::MemorySection(section) => self.memory_count += section.count(),
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let global = global?;
                    self.expression(&global.init_expr)?;
                    self.reads(&global.init_expr)?;
                    self.global_values.push(global.init_expr);
                    self.global_count += 1;
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    if matches!(export.kind, wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact) {
                        self.reference(export.index);
                    }
                    if export.kind == wasmparser::ExternalKind::Global {
                        self.statics.exported.insert(export.index);
                    }
                    self.exports.push(export);
                }
            }
            Payload::StartSection { func, .. } => self.reference(*func),
            Payload::DataSection(section) => {
                for data in section.clone() {
                    self.has_active_data |= matches!(data?.kind, DataKind::Active { .. });
                }
            }
            Payload::ElementSection(section) => {
                for element in section.clone() {
                    match element?.items {
                        ElementItems::Functions(functions) => self.function_list(functions)?,
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                let expression = expression?;
                                self.expression(&expression)?;
                                self.reads(&expression)?;
                            }
                        }
                    }
                }
            }
            Payload::CustomSection(section) => {
                let custom = Custom { name: section.name(), data: section.data() };
                if custom.name == NAME {
                    let reader =
                        NameSectionReader::new(wasmparser::BinaryReader::new(section.data(), section.data_offset()));
                    // A malformed name section does not make the module invalid; the part that can be parsed is kept.
                    self.names.extend(reader.into_iter().map_while(Result::ok));
                }
                if custom.is_of_object() {
                    self.object.get_or_insert(section.data_offset());
                }
                self.customs.push(custom);
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'a>, types: Option<TypesRef<'_>>, config: &Config) {
        self.import_list.push(*import);
        let ty = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.function_count += 1;
                types.map(|types| {
                    let ty = types[types.core_type_at_in_module(ty)].unwrap_func().clone();
                    (ty, types)
                })
            }
            TypeRef::Memory(_) => {
                self.memory_count += 1;
                self.imported_memory_count += 1;
                None
            }
            TypeRef::Global(_) => {
                self.global_count += 1;
                self.imported_global_count += 1;
                None
            }
            TypeRef::Table(_) | TypeRef::Tag(_) => None,
        };
        let place = self.imports.next_place();
        let ty = ty.as_ref().map(|(ty, types)| DeclaredType { ty, types: *types });
        let mut added = self.imports.add(import, ty, config);
        if let Some(format) = format_of(import.module).filter(|_| !self.imports.are_given()) {
            self.imports.has_statics();
            let global = self.imported_global_count.saturating_sub(1);
            added = self.statics.add(import, format, global, place, config.static_data);
        }
        self.errors.extend(added.err());
    }

    fn reference(&mut self, function: u32) {
        if self.imports.intrinsic(function).is_some() {
            self.shims.insert(function);
        }
    }

    fn function_list(&mut self, functions: SectionLimited<'a, u32>) -> Result<(), Error> {
        for function in functions {
            let function = function?;
            self.referred.insert(function);
            self.reference(function);
        }
        Ok(())
    }

    fn expression(&mut self, expression: &ConstExpr<'a>) -> Result<(), Error> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.referred.insert(function_index);
                self.reference(function_index);
            }
        }
        Ok(())
    }

    /// Finds the globals that a constant expression refers to.
    fn reads(&mut self, expression: &ConstExpr<'a>) -> Result<(), Error> {
        for operator in expression.get_operators_reader() {
            if let Operator::GlobalGet { global_index } = operator? {
                self.statics.read.insert(global_index);
            }
        }
        Ok(())
    }

    /// Validates a function, and finds the function indices in it.
    fn function(&mut self, function: FuncToValidate<ValidatorResources>, body: FunctionBody<'a>) -> Result<(), Error> {
        let again = FuncToValidate { resources: function.resources.clone(), ..function };
        let index = function.index;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        if !self.imports.has_any() && !self.lowers {
            validator.validate(&body)?;
            self.allocations = validator.into_allocations();
            return Ok(());
        }
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let mut operators = OperatorsReader::new(reader);
        let start = body.range().start;
        let mut references = Vec::new();
        let mut assigned = Vec::new();
        let mut sizes = Vec::new();
        let mut globals = Vec::new();
        let mut calls = false;
        let mut indirect = Vec::new();
        let mut does = Does::default();
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            validator.op(offset, &operator)?;
            does.add(&operator);
            if let Some((memory, helper)) = SizeInstruction::of(&operator) {
                let (at, bytes) = (offset + 1 - start, operators.original_position() - offset - 1);
                sizes.push(SizeInstruction { at, bytes, memory, helper });
            }
            if let (false, Some(global)) = (self.statics.is_empty(), GlobalInstruction::of(&operator)) {
                let (at, bytes) = (offset - start, operators.original_position() - offset);
                globals.push(GlobalInstruction { at, bytes, global });
            }
            match operator {
                Operator::Call { function_index }
                | Operator::ReturnCall { function_index }
                | Operator::RefFunc { function_index } => {
                    // The index follows a one-byte opcode.
                    let at = offset + 1 - start;
                    let replaces = operators.original_position() - offset - 1;
                    references.push(Relocation { at, replaces, target: FunctionRef::Program(function_index) });
                    match operator {
                        Operator::RefFunc { .. } => {
                            self.referred.insert(function_index);
                            self.reference(function_index);
                        }
                        _ => calls |= self.imports.intrinsic(function_index).is_some(),
                    }
                }
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    count_assignment(&mut assigned, local_index);
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. }
                | Operator::CallRef { type_index }
                | Operator::ReturnCallRef { type_index }
                    if indirect.last() != Some(&type_index) =>
                {
                    indirect.push(type_index);
                }
                Operator::ContNew { .. }
                | Operator::ContBind { .. }
                | Operator::Suspend { .. }
                | Operator::Resume { .. }
                | Operator::ResumeThrow { .. }
                | Operator::ResumeThrowRef { .. }
                | Operator::Switch { .. } => self.switches = true,
                _ => {}
            }
        }
        operators.finish()?;
        self.allocations = validator.into_allocations();
        let found = Calls { validator: again, assigned };
        let (calls, other) = if calls || self.traces { (Some(found), None) } else { (None, Some(found)) };
        self.bodies.push(Body { index, body, references, sizes, globals, indirect, does, calls });
        self.others.push(other);
        Ok(())
    }
}

fn count_assignment(assigned: &mut Vec<Assigned>, local: u32) {
    let position = local as usize;
    if assigned.len() <= position {
        assigned.resize(position + 1, Assigned::Never);
    }
    assigned[position] = match assigned[position] {
        Assigned::Never => Assigned::Once,
        Assigned::Once | Assigned::Often => Assigned::Often,
    };
}
