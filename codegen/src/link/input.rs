//! A parsed module: everything that linking must know about it.

use crate::code::Relocation;
use crate::engine::knowledge::contents::Assigned;
use crate::error::{Built, Error, Place};
use crate::helpers::Helper;
use crate::link::custom::Custom;
use crate::link::declared::DeclaredType;
use crate::link::does::Does;
use crate::link::imports::Imports;
use crate::link::statics::Statics;
use crate::link::wrappers::{Step, Wrappers};
use crate::source::Source;
use crate::source_line::{Mark, SourceLine};
use linmem_intrinsics::{Intrinsic, Signature};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasm_encoder::Encode;
use wasmparser::{ConstExpr, FuncToValidate, FuncType, FunctionBody, Name, Operator, TypeRef, ValidatorResources};

/// The id of the section of tags.
pub(super) const TAG: u8 = 13;

/// The id of the section of data segments.
pub(crate) const DATA: u8 = 11;

/// A section of the input.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// Its id in the binary format.
    pub(crate) id: u8,
    /// Its contents.
    pub(crate) range: Range<usize>,
}

/// A function that is defined in the input.
pub(crate) struct Body<'a> {
    /// Its index.
    pub(crate) index: u32,
    /// Its locals and code.
    pub(crate) body: FunctionBody<'a>,
    /// The positions of function indices, relative to the start of the body.
    pub(crate) references: Vec<Relocation>,
    /// The `memory.size` and `memory.grow` instructions of the body, in order.
    pub(crate) sizes: Vec<SizeInstruction>,
    /// The instructions that refer to globals, in order, if the module imports static data.
    pub(crate) globals: Vec<GlobalInstruction>,
    /// The types of the functions that it calls indirectly, in the order of the first call of each run of the same type.
    pub(crate) indirect: Vec<u32>,
    /// What its instructions do.
    pub(crate) does: Does,
    /// The information that lowering requires, if the function calls intrinsics.
    pub(crate) calls: Option<Calls>,
}

/// An instruction that refers to a global.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GlobalInstruction {
    /// Its position, relative to the start of the body.
    pub(crate) at: usize,
    /// Its number of bytes.
    pub(crate) bytes: usize,
    /// The global.
    pub(crate) global: u32,
}

impl GlobalInstruction {
    /// The global that an instruction refers to.
    pub(crate) fn of(operator: &Operator<'_>) -> Option<u32> {
        match operator {
            Operator::GlobalGet { global_index }
            | Operator::GlobalSet { global_index }
            | Operator::GlobalAtomicGet { global_index, .. }
            | Operator::GlobalAtomicSet { global_index, .. }
            | Operator::GlobalAtomicRmwAdd { global_index, .. }
            | Operator::GlobalAtomicRmwSub { global_index, .. }
            | Operator::GlobalAtomicRmwAnd { global_index, .. }
            | Operator::GlobalAtomicRmwOr { global_index, .. }
            | Operator::GlobalAtomicRmwXor { global_index, .. }
            | Operator::GlobalAtomicRmwXchg { global_index, .. }
            | Operator::GlobalAtomicRmwCmpxchg { global_index, .. } => Some(*global_index),
            _ => None,
        }
    }

    /// The encoding of an instruction with another global. The index of the global is the last immediate.
    pub(crate) fn renumbered(instruction: &[u8], global: u32) -> Vec<u8> {
        // The last byte of an index has no continuation bit, and neither has the byte before the index: an opcode or an
        // ordering.
        let is_continued = |byte: &&u8| **byte & 0x80 != 0;
        let bytes = 1 + instruction.iter().rev().skip(1).take_while(is_continued).count();
        let mut renumbered = instruction[..instruction.len().saturating_sub(bytes)].to_vec();
        global.encode(&mut renumbered);
        renumbered
    }
}

/// A `memory.size` or a `memory.grow`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizeInstruction {
    /// The position of the memory index, relative to the start of the body; it follows a one-byte opcode.
    pub(crate) at: usize,
    /// The number of bytes of the index.
    pub(crate) bytes: usize,
    /// The memory.
    pub(crate) memory: u32,
    /// The helper that replaces the instruction if the memory is split.
    pub(crate) helper: Helper,
}

impl SizeInstruction {
    /// The memory and the replacing helper, if the operator is `memory.size` or `memory.grow`.
    pub(crate) fn of(operator: &Operator<'_>) -> Option<(u32, Helper)> {
        match operator {
            Operator::MemorySize { mem } => Some((*mem, Helper::ProgramSize)),
            Operator::MemoryGrow { mem } => Some((*mem, Helper::ProgramGrow)),
            _ => None,
        }
    }
}

/// The information that lowering requires about a function that calls intrinsics, or wrappers of them.
pub(crate) struct Calls {
    /// Creates the validator, which knows the arity of every instruction.
    pub(crate) validator: FuncToValidate<ValidatorResources>,
    /// How often each local is assigned, parameters first; shorter than the list of locals if the last ones are never
    /// assigned.
    pub(crate) assigned: Vec<Assigned>,
}

/// A module, parsed and valid.
pub(crate) struct Input<'a> {
    /// The binary.
    pub(crate) bytes: &'a [u8],
    /// The information about its source.
    pub(crate) source: &'a Source<'a>,
    /// Its sections, in order.
    pub(crate) sections: Vec<Section>,
    /// Its types, function types among them.
    pub(crate) types: wasmparser::types::Types,
    /// The imported functions.
    pub(crate) imports: Imports<'a>,
    /// The static data that is imported.
    pub(crate) statics: Statics<'a>,
    /// The imports of all kinds.
    pub(crate) import_list: Vec<wasmparser::Import<'a>>,
    /// The defined functions.
    pub(crate) bodies: Vec<Body<'a>>,
    /// The number of functions, including imports.
    pub(crate) function_count: u32,
    /// The number of memories, including imports.
    pub(crate) memory_count: u32,
    /// The number of imported memories.
    pub(crate) imported_memory_count: u32,
    /// The number of globals, including imports.
    pub(crate) global_count: u32,
    /// The number of imported globals.
    pub(crate) imported_global_count: u32,
    /// The constant expressions of the defined globals.
    pub(crate) global_values: Vec<ConstExpr<'a>>,
    /// The exports.
    pub(crate) exports: Vec<wasmparser::Export<'a>>,
    /// The custom sections, in order.
    pub(crate) customs: Vec<Custom<'a>>,
    /// The subsections of the name sections that could be parsed. If there are several sections, the first one takes
    /// precedence.
    pub(crate) names: Vec<Name<'a>>,
    /// The names of functions, collected on first use.
    pub(super) function_names: OnceCell<BTreeMap<u32, String>>,
    /// The intrinsics that are used other than by a direct call: exported, in a table, in a global, or referred to by
    /// an instruction.
    pub(crate) shims: BTreeSet<u32>,
    /// The functions to which code or a constant expression has a reference, or an element segment.
    pub(crate) referred: BTreeSet<u32>,
    /// Whether the module has an instruction of stack switching.
    pub(crate) switches: bool,
    /// The functions that are declared not to throw.
    pub(crate) nothrow: BTreeSet<u32>,
    /// Whether it is declared that no function throws, functions that are called indirectly included.
    pub(crate) nothing_throws: bool,
    /// Whether segments are made from addresses only as static data, in a module that was built.
    pub(crate) only_data: bool,
    /// Whether the module gets an exported allocator.
    pub(crate) exports_allocator: bool,
    /// Whether active data segments become passive.
    pub(crate) copies_data: bool,
    /// The functions that only pass on to an intrinsic.
    pub(crate) wrappers: Wrappers,
    /// The errors in the imports.
    pub(crate) errors: Vec<Error>,
}

impl Input<'_> {
    /// Whether linking changes the module.
    pub(crate) fn changes(&self) -> bool {
        self.imports.has_any() || self.exports_allocator || self.copies_data
    }

    /// Whether a function is a wrapper whose parameters, and those of the wrappers that it calls, can stay on the stack, so that
    /// analyses read its steps in place of its call.
    pub(crate) fn is_transparent(&self, function: u32) -> bool {
        let Some(wrapper) = self.wrappers.get(function) else { return false };
        let is_readable = |step: &Step| match step {
            Step::Wrapper(callee) => self.intrinsic(*callee).is_some() || self.is_transparent(*callee),
            _ => true,
        };
        wrapper.passed().is_some() && wrapper.steps.iter().all(is_readable)
    }

    /// The type of each imported function.
    pub(super) fn imported_types(&self) -> impl Iterator<Item = u32> {
        self.import_list.iter().filter_map(|import| match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
            _ => None,
        })
    }

    /// The signature of an intrinsic that a function is: an import, or a wrapper that passes on everything unchanged.
    pub(crate) fn intrinsic(&self, function: u32) -> Option<&Signature> {
        let import = self.wrappers.get(function).and_then(|wrapper| wrapper.is);
        self.imports.intrinsic(import.unwrap_or(function))
    }

    /// The type of a function.
    pub(crate) fn function_type(&self, function: u32) -> &FuncType {
        self.types[self.types.as_ref().core_function_at(function)].unwrap_func()
    }

    /// The type of a function, in the terms of the catalogue.
    pub(super) fn declared_type(&self, function: u32) -> linmem_intrinsics::FunctionType {
        DeclaredType { ty: self.function_type(function), types: self.types.as_ref() }.function_type()
    }

    /// The type of arrays that linmem adds after those of the module, encoded as an entry of the type section: empty if it
    /// adds none.
    pub(super) fn units_entry(&self) -> &'static [u8] {
        // array, i16, mutable
        if self.imports.adds_units() { &[0x5e, 0x77, 0x01] } else { &[] }
    }

    /// The index of the first type that linmem adds after that.
    pub(super) fn first_added_type(&self) -> u32 {
        self.types.as_ref().core_type_count_in_module() + u32::from(self.imports.adds_units())
    }

    /// The section with an id.
    pub(crate) fn section(&self, id: u8) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == id)
    }

    /// Whether the module imports or defines a tag.
    pub(crate) fn has_tags(&self) -> bool {
        self.import_list.iter().any(|import| matches!(import.ty, TypeRef::Tag(_)))
            || self.sections.iter().any(|section| section.id == TAG)
    }

    /// The name of a function in the name section.
    pub(crate) fn named(&self, function: u32) -> Option<&str> {
        let names = self.function_names.get_or_init(|| {
            let mut names = BTreeMap::new();
            for subsection in &self.names {
                if let Name::Function(map) = subsection {
                    for naming in map.clone().into_iter().map_while(Result::ok) {
                        names.entry(naming.index).or_insert_with(|| naming.name.to_string());
                    }
                }
            }
            names
        });
        names.get(&function).map(String::as_str)
    }

    /// Whether the program makes segments from addresses.
    pub(crate) fn makes_segments(&self) -> bool {
        self.imports.has(Intrinsic::SegmentOfAddress) && !self.only_data
    }

    /// The line of the source that an instruction comes from, by its offset in the binary.
    pub(crate) fn line(&self, offset: usize) -> Option<SourceLine> {
        if self.source.is_built() {
            return self.source.operation(offset).and_then(|mark| mark.source.clone());
        }
        self.source.line(offset)
    }

    /// The place of an instruction.
    pub(crate) fn place(&self, function: u32, offset: usize) -> Place {
        if self.source.is_built() {
            let mark = self.source.operation(offset);
            return Place::Built(Box::new(Built {
                function: self.named(function).unwrap_or_default().to_string(),
                operation: mark.map(|mark| mark.operation),
                instruction: None,
                source: mark.and_then(|mark| mark.source.clone()),
            }));
        }
        let source = self.source.line(offset).map(Box::new);
        Place::Instruction { function: self.function_name(function), offset, source }
    }

    /// The place of an instruction in a message about another instruction of the same function.
    pub(crate) fn position(&self, offset: usize) -> String {
        match self.source.operation(offset) {
            Some(Mark { source: Some(line), .. }) => line.to_string(),
            Some(mark) => format!("operation {}", mark.operation),
            None => match self.source.line(offset) {
                Some(line) => line.to_string(),
                None => format!("offset {offset:#x}"),
            },
        }
    }

    /// The name of a function in messages.
    pub(crate) fn function_name(&self, function: u32) -> String {
        match self.named(function) {
            Some(name) => format!("${name}"),
            None => format!("function {function}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_of_global_is_the_last_immediate() {
        assert_eq!(GlobalInstruction::renumbered(&[0x23, 0x05], 300), [0x23, 0xac, 0x02]);
        // The index 5 in four bytes, after an ordering.
        assert_eq!(
            GlobalInstruction::renumbered(&[0xfe, 0x4f, 0x00, 0x85, 0x80, 0x80, 0x00], 4),
            [0xfe, 0x4f, 0x00, 0x04]
        );
    }
}
