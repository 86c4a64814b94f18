//! The parts that linmem adds to a module, and bodies that refer to them.

use crate::build::indices::{Indices, Item, VIRTUAL};
use crate::build::resolve::resolve;
use crate::build::signatures::Signatures;
use crate::build::static_items::{Static, Statics};
use crate::code::{FunctionRef, Missing};
use crate::context::Context;
use crate::engine::Lowered;
use crate::error::Error;
use crate::globals::NewGlobal;
use crate::helpers::{Helper, Needs};
use crate::segment::Segments;
use crate::source_line::SourceLine;
use crate::statics::{PlacedStatics, StaticNumber, StaticSegment};
use crate::width::WIDTH;
use std::collections::BTreeMap;
use wasm_encoder::{ConstExpr, CustomSection, Function, SubType, ValType};
use wasmparser::{BinaryReader, FunctionBody};

/// A function whose indices are not inserted yet.
#[derive(Clone, Debug)]
pub struct Body(pub(super) Code);

#[derive(Clone, Debug)]
pub(super) enum Code {
    /// A function of the frontend.
    Lowered(Box<Lowered>),
    /// A function of linmem.
    Helper(Helper),
}

/// The memory of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPart {
    /// The initial number of pages.
    pub minimum: u64,
    /// The maximum number of pages.
    pub maximum: Option<u64>,
}

/// A global of linmem's.
#[derive(Clone, Debug)]
pub struct GlobalPart {
    /// Its name in the name section.
    pub name: String,
    /// Whether it is mutable.
    pub is_mutable: bool,
    pub(super) source: GlobalSource,
}

/// What a global contains at first.
#[derive(Clone, Debug)]
pub(super) enum GlobalSource {
    /// A value that depends on no index.
    New(NewGlobal),
    /// A reference to no region.
    Scope,
    /// A segment over static data, as a structure.
    Static(StaticSegment),
}

/// An active data segment of the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPart {
    /// Its address.
    pub address: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A function that linmem imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPart {
    /// The module that it is imported from.
    pub module: &'static str,
    /// The name that it is imported by.
    pub name: &'static str,
    /// The types of its parameters.
    pub params: Vec<ValType>,
    /// The types of its results.
    pub results: Vec<ValType>,
}

/// A function that linmem lowered or adds.
#[derive(Clone, Debug)]
pub struct FunctionPart {
    /// Its name in the name section.
    pub name: String,
    /// The types of its parameters.
    pub params: Vec<ValType>,
    /// The types of its results.
    pub results: Vec<ValType>,
    /// Its body.
    pub body: Body,
}

/// The lowered functions of a frontend, and everything that linmem adds to their module.
///
/// A frontend that uses wasm-encoder's sections calls [`add_to`](Parts::add_to). Another one assigns [`Indices`] itself,
/// and writes the items that the fields list; in both cases, [`validate`](Parts::validate) checks the result.
#[derive(Debug)]
pub struct Parts {
    pub(super) context: Context,
    pub(super) needs: Needs,
    pub(super) signatures: Signatures,
    pub(super) number: u32,
    pub(super) positions: BTreeMap<FunctionRef, Item>,
    /// The lowered functions of the frontend, by the numbers that instructions use.
    pub program: BTreeMap<u32, FunctionPart>,
    /// The memory, which must be exported as `memory` if the host is called.
    pub memory: MemoryPart,
    /// The globals.
    pub globals: Vec<GlobalPart>,
    /// The imported functions.
    pub imports: Vec<ImportPart>,
    /// The functions.
    pub functions: Vec<FunctionPart>,
    /// The results of the function types, without parameters, that blocks need.
    pub block_types: Vec<Vec<ValType>>,
    /// The active data segments of the memory, which initialize static data.
    pub data: Vec<DataPart>,
    /// The custom sections.
    pub custom_sections: Vec<CustomSection<'static>>,
    pub(super) statics: Statics,
    pub(super) placed: PlacedStatics,
}

impl Parts {
    /// The types of a recursion group, in which the first one has the index `first`; empty unless segments are
    /// references. The types depend on the functions, so that modules do not share them by accident.
    pub fn types(&self, first: u32) -> Vec<SubType> {
        let Context { representation, choices, .. } = self.context;
        let segments = Segments::new(representation, choices, WIDTH, first);
        segments.types().map(|types| types.group(self.number)).unwrap_or_default()
    }

    /// The type and the initial value of a global.
    pub fn global(&self, part: &GlobalPart, indices: &impl Indices) -> (ValType, ConstExpr) {
        match (&part.source, self.segments(indices).types()) {
            (GlobalSource::Scope, Some(types)) => {
                (types.region_reference(true), ConstExpr::ref_null(types.region_heap_type()))
            }
            (GlobalSource::Static(segment), Some(types)) => {
                let ty = ValType::Ref(types.segment_reference(false));
                (ty, ConstExpr::raw(self.placed.structure(*segment, types)))
            }
            (GlobalSource::New(new), _) => (new.ty, new.value.clone()),
            // Only segments that are references have these globals.
            (GlobalSource::Scope | GlobalSource::Static(_), None) => (ValType::I32, ConstExpr::i32_const(0)),
        }
    }

    /// The encoding of segments with the types that the writer assigned.
    fn segments(&self, indices: &impl Indices) -> Segments {
        let Context { representation, choices, .. } = self.context;
        Segments::new(representation, choices, WIDTH, indices.item(Item::Type(0)))
    }

    /// Static data as a segment: a constant expression of a global, a table or an element segment.
    ///
    /// # Errors
    ///
    /// If it belongs to another module.
    pub fn static_segment(&self, of: Static, indices: &impl Indices) -> Result<ConstExpr, Error> {
        self.statics.check_owner(of)?;
        let segments = self.segments(indices);
        Ok(ConstExpr::raw(self.placed.constant(StaticNumber::of(of.segment, segments), segments.types())))
    }

    /// The address of static data.
    ///
    /// # Errors
    ///
    /// If it belongs to another module.
    pub fn static_address(&self, of: Static) -> Result<u32, Error> {
        self.statics.check_owner(of)?;
        Ok(self.placed.address(of.segment))
    }
}

impl Parts {
    /// The names of the functions that linmem imports and adds, for the name section, by index.
    pub fn function_names(&self, indices: &impl Indices) -> BTreeMap<u32, String> {
        let imports =
            (0..).map(Item::Import).zip(self.imports.iter().map(|part| format!("{}.{}", part.module, part.name)));
        let functions = (0..).map(Item::Function).zip(self.functions.iter().map(|part| part.name.clone()));
        imports.chain(functions).map(|(item, name)| (indices.item(item), name)).collect()
    }

    /// The names of linmem's globals, for the name section, by index.
    pub fn global_names(&self, indices: &impl Indices) -> BTreeMap<u32, &str> {
        (0..)
            .zip(&self.globals)
            .map(|(position, part)| (indices.item(Item::Global(position)), part.name.as_str()))
            .collect()
    }

    /// The number that stands for a function in a body whose indices are not inserted yet: the number that the frontend
    /// uses, or a reserved one, which contains the index that the writer assigned.
    pub(super) fn reserved(&self, function: FunctionRef, indices: &impl Indices, missing: &Missing) -> u32 {
        match function {
            FunctionRef::Program(number) => number,
            other => {
                let item = self.positions.get(&other).copied();
                missing.check(item.map(|item| indices.item(item)), || other.describe()).wrapping_add(VIRTUAL)
            }
        }
    }
}

impl Body {
    /// The function, with the indices that the writer assigned.
    ///
    /// # Errors
    ///
    /// If the body refers to a part that `parts` does not have, because it was lowered for another module.
    pub fn resolve(&self, parts: &Parts, indices: &impl Indices) -> Result<Function, Error> {
        let missing = Missing::default();
        let index = |function: FunctionRef| parts.reserved(function, indices, &missing);
        let bytes = match &self.0 {
            Code::Lowered(lowered) => lowered.body(index),
            Code::Helper(helper) => match parts.needs.bodies().find(|(other, _)| other == helper) {
                Some((_, body)) => body.function(index).into_raw_body(),
                None => return Err(Error::Internal { message: format!("{} has no body", helper.name()) }),
            },
        };
        missing.error()?;
        resolve(&bytes, parts.context.segments.type_count(), indices)
    }

    /// The line of the source that an instruction is of, counted from zero.
    pub(super) fn line_of(&self, instruction: usize, parts: &Parts, indices: &impl Indices) -> Option<SourceLine> {
        let Code::Lowered(lowered) = &self.0 else { return None };
        let missing = Missing::default();
        let index = |function: FunctionRef| parts.reserved(function, indices, &missing);
        // Resolved indices may be shorter, so that an instruction has another offset here.
        let bytes = lowered.body(index);
        let mut operators = FunctionBody::new(BinaryReader::new(&bytes, 0)).get_operators_reader().ok()?;
        let start = operators.original_position();
        for _ in 0..instruction {
            operators.read().ok()?;
        }
        lowered.line_at(operators.original_position() - start, index).cloned()
    }
}
