//! The indices of the linked module.
//!
//! Functions are ordered as follows: the imports that are kept, the imports that linmem adds, the program's functions,
//! shims, the exported allocator, helpers, the start function. Types and memories are only appended; `statics` has the
//! indices of globals.

use crate::code::{FunctionRef, Missing};
use crate::context::Context;
use crate::engine::Lowered;
use crate::error::Error;
use crate::helpers::{Helper, HostImport, Needs};
use crate::index::TypeIndex;
use crate::link::allocator::Export;
use crate::link::blocks::BlockTypes;
use crate::link::function::Shim;
use crate::link::globals::Globals;
use crate::link::imports::Fate;
use crate::link::input::Input;
use crate::link::segments;
use crate::module::function_type;
use crate::segment::SegmentTypes;
use indexmap::IndexMap;
use linmem_intrinsics::FunctionType;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ConstExpr, Encode, Instruction};
use wasmparser::{CompositeInnerType, Operator};

/// The functions that are added, besides the helpers.
#[derive(Clone, Copy)]
pub(super) struct Added<'a> {
    /// The functions that wrap imports.
    pub(super) shims: &'a [Shim],
    /// The exported allocator.
    pub(super) exports: &'a [Export],
}

/// The index of everything in the linked module.
pub(super) struct Plan {
    /// For each function of the input: its new index, or `None` for an intrinsic that is only called directly.
    functions: Vec<Option<u32>>,
    helpers: IndexMap<Helper, u32>,
    hosts: IndexMap<HostImport, u32>,
    /// The indices of the exported allocator.
    exports: Vec<u32>,
    /// The imports that linmem adds.
    added_imports: Vec<HostImport>,
    /// The function types that are needed, with their new indices.
    types: IndexMap<FunctionType, TypeIndex>,
    added_types: Vec<FunctionType>,
    /// The number of segment types, which linmem adds before `added_types`.
    segment_types: u32,
    /// The types of structures, which linmem adds after the segment types.
    block_types: BlockTypes,
    /// The segment types, encoded as an entry of the type section.
    segment_group: Vec<u8>,
    /// The type of the arrays that strings are made of, if linmem adds it.
    units_entry: &'static [u8],
    /// The number of functions that the linked module imports.
    imported: u32,
    /// The start function, if linmem adds one.
    start: Option<u32>,
    missing: Missing,
}

impl Plan {
    pub(super) fn new(
        input: &Input<'_>,
        context: &Context,
        needs: &Needs,
        added: Added<'_>,
        block_types: BlockTypes,
        has_start: bool,
    ) -> Result<Plan, Error> {
        let mut plan = Plan {
            functions: Vec::with_capacity(input.function_count as usize),
            helpers: IndexMap::new(),
            hosts: IndexMap::new(),
            exports: Vec::new(),
            added_imports: Vec::new(),
            types: plain_types(input),
            added_types: Vec::new(),
            segment_types: context.segments.types().map_or(0, SegmentTypes::count),
            segment_group: context
                .segments
                .types()
                .map(|types| segments::group(input, types))
                .transpose()?
                .unwrap_or_default(),
            units_entry: input.units_entry(),
            block_types,
            imported: 0,
            start: None,
            missing: Missing::default(),
        };
        let mut next = 0;
        let mut take = || {
            next += 1;
            next - 1
        };
        for fate in input.imports.functions() {
            let stays = !matches!(fate, Fate::Intrinsic(_));
            plan.functions.push(stays.then(&mut take));
        }
        let kept = input.imports.kept();
        for import in needs.imports() {
            let present = kept
                .get(&(import.module(), import.name()))
                .filter(|index| input.declared_type(**index) == import.function_type(context.width()))
                .and_then(|index| plan.functions[*index as usize]);
            let index = present.unwrap_or_else(|| {
                plan.added_imports.push(import);
                take()
            });
            plan.hosts.insert(import, index);
        }
        let kept = plan.functions.iter().filter(|index| index.is_some()).count();
        plan.imported = (kept + plan.added_imports.len()) as u32;
        for _ in input.imports.function_count()..input.function_count {
            plan.functions.push(Some(take()));
        }
        for shim in added.shims {
            plan.functions[shim.import as usize] = Some(take());
        }
        plan.exports.extend(added.exports.iter().map(|_| take()));
        for helper in needs.helpers() {
            plan.helpers.insert(helper, take());
        }
        plan.start = has_start.then(take);
        for ty in plan.added_imports.iter().map(|import| import.function_type(context.width())).collect::<Vec<_>>() {
            plan.need_type(ty, input);
        }
        for helper in needs.helpers() {
            plan.need_type(helper.function_type(context), input);
        }
        for export in added.exports {
            plan.need_type(export.ty.clone(), input);
        }
        if has_start {
            plan.need_type(start_type(), input);
        }
        Ok(plan)
    }

    /// The index of the start function, if linmem adds one.
    pub(super) fn start(&self) -> Option<u32> {
        self.start
    }

    fn need_type(&mut self, ty: FunctionType, input: &Input<'_>) {
        if !self.types.contains_key(&ty) {
            let first = input.first_added_type() + self.segment_types + self.block_types.count();
            let index = first + self.added_types.len() as u32;
            self.types.insert(ty.clone(), TypeIndex(index));
            self.added_types.push(ty);
        }
    }

    /// The new index of a function. A function that was not planned is recorded as missing.
    pub(super) fn index(&self, function: FunctionRef) -> u32 {
        let index = match function {
            FunctionRef::Program(index) => self.functions.get(index as usize).copied().flatten(),
            FunctionRef::Helper(helper) => self.helpers.get(&helper).copied(),
            FunctionRef::Host(import) => self.hosts.get(&import).copied(),
            FunctionRef::Intrinsic(_) => None,
        };
        self.missing.check(index, || function.describe())
    }

    /// # Errors
    ///
    /// If an index was requested that does not exist.
    pub(super) fn check_indices(&self) -> Result<(), Error> {
        self.missing.error()
    }

    /// The new index of a function of the input, if it was kept.
    pub(super) fn program(&self, function: u32) -> Option<u32> {
        self.functions.get(function as usize).copied().flatten()
    }

    /// The new index of each function of the input; `None` for one that was not kept.
    pub(super) fn into_functions(self) -> Vec<Option<u32>> {
        self.functions
    }

    /// The indices of the functions of the exported allocator, in order.
    pub(super) fn exports(&self) -> &[u32] {
        &self.exports
    }

    /// Whether a function of the linked module was copied from the input instead of lowered.
    pub(super) fn is_copied(&self, function: u32, lowered: &[Option<Lowered>]) -> bool {
        let position = function.checked_sub(self.imported).map(|position| position as usize);
        position.and_then(|position| lowered.get(position)).is_some_and(Option::is_none)
    }

    /// The number of functions that the linked module imports.
    pub(super) fn imported(&self) -> u32 {
        self.imported
    }

    /// The imports that linmem adds, after those that are kept.
    pub(super) fn added_imports(&self) -> &[HostImport] {
        &self.added_imports
    }

    /// The segment types, encoded as an entry of the type section, which follows the types of the input.
    pub(super) fn segment_group(&self) -> &[u8] {
        &self.segment_group
    }

    /// The type of the arrays that strings are made of, encoded as an entry of the type section, which precedes all others
    /// that linmem adds.
    pub(super) fn units_entry(&self) -> &'static [u8] {
        self.units_entry
    }

    /// The number of entries that linmem adds to the type section. A recursion group is one entry.
    pub(super) fn added_type_entries(&self) -> usize {
        let groups = usize::from(!self.segment_group.is_empty()) + usize::from(!self.units_entry.is_empty());
        self.added_types.len() + self.block_types.count() as usize + groups
    }

    /// The types of structures, which follow the segment types.
    pub(super) fn block_types(&self) -> &BlockTypes {
        &self.block_types
    }

    /// The function types that linmem adds, after the types of structures.
    pub(super) fn added_types(&self) -> &[FunctionType] {
        &self.added_types
    }

    /// The index of a function type that is needed.
    pub(super) fn type_index(&self, ty: &FunctionType) -> u32 {
        self.missing.check(self.types.get(ty).map(|index| index.0), || format!("the type {ty}"))
    }
}

/// The type of start functions.
pub(super) fn start_type() -> FunctionType {
    FunctionType::new([], [])
}

/// Renumbers the indices of functions and globals, and replaces static data by constants.
pub(super) struct Renumber<'a> {
    pub(super) plan: &'a Plan,
    pub(super) globals: Globals<'a>,
    /// Whether globals are defined later, so that constant expressions make the structures of static data.
    pub(super) before_globals: bool,
}

impl Reencode for Renumber<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error> {
        Ok(self.plan.index(FunctionRef::Program(function)))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, reencode::Error> {
        Ok(self.globals.index(global))
    }

    fn const_expr(&mut self, expression: wasmparser::ConstExpr<'_>) -> Result<ConstExpr, reencode::Error> {
        let mut operators = expression.get_operators_reader();
        let mut bytes = Vec::new();
        while !operators.is_end_then_eof() {
            let operator = operators.read()?;
            let structure = match operator {
                Operator::GlobalGet { global_index } if self.before_globals => self.globals.structure(global_index),
                _ => None,
            };
            match structure {
                Some(structure) => bytes.extend(structure),
                None => self.instruction(operator)?.encode(&mut bytes),
            }
        }
        Ok(ConstExpr::raw(bytes))
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, reencode::Error> {
        let constant = match operator {
            Operator::GlobalGet { global_index } => self.globals.constant(global_index),
            _ => None,
        };
        constant.map_or_else(|| reencode::utils::instruction(self, operator), Ok)
    }
}

/// The plain function types of the input: final, without a supertype, and alone in their recursion group.
fn plain_types(input: &Input<'_>) -> IndexMap<FunctionType, TypeIndex> {
    let types = input.types.as_ref();
    let mut plain = IndexMap::new();
    for index in 0..types.core_type_count_in_module() {
        let id = types.core_type_at_in_module(index);
        let ty = &types[id];
        let alone = types.rec_group_elements(types.rec_group_id_of(id)).len() == 1;
        if let (CompositeInnerType::Func(function), true, None, true, false) =
            (&ty.composite_type.inner, ty.is_final, ty.supertype_idx, alone, ty.composite_type.shared)
        {
            let known = function.params().iter().chain(function.results()).all(|ty| !ty.is_reference_type());
            if known {
                plain.entry(function_type(function)).or_insert(TypeIndex(index));
            }
        }
    }
    plain
}
