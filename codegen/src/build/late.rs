//! Lowers functions for a module writer that assigns indices after all code is written.
//!
//! A [`Body`] refers to what linmem adds to the module, its [`Item`]s, by purpose. When all functions are lowered,
//! [`Parts`] lists the items. The writer assigns their indices, and [`Body::resolve`] inserts them, wherever the items
//! ended up in the index spaces.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::lowering::{NewMemory, new_memory};
use crate::build::resolve::{FIRST_TYPE, VIRTUAL, resolve};
use crate::build::signatures::Signatures;
use crate::choices::Choices;
use crate::code::FunctionRef;
use crate::config::Config;
use crate::context::{Context, Growth};
use crate::digest::{extended_number, number};
use crate::engine::Lowered;
use crate::error::Error;
use crate::globals::NewGlobal;
use crate::helpers::Needs;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::val_type;
use crate::segment::Segments;
use crate::sites;
use crate::width::WIDTH;
use linmem_allocator::Unwind;
use linmem_intrinsics::{FunctionType, Representation};
use std::collections::BTreeMap;
use wasm_encoder::{ConstExpr, Function, SubType, ValType};

/// Something that linmem adds to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Item {
    /// The memory.
    Memory,
    /// A global, by its position in [`Parts::globals`].
    Global(u32),
    /// An imported function, by its position in [`Parts::imports`].
    Import(u32),
    /// A function, by its position in [`Parts::functions`].
    Function(u32),
    /// A type of the recursion group of [`Parts::types`], by its position in it.
    Type(u32),
    /// A function type with no parameters, by its position in [`Parts::block_types`].
    BlockType(u32),
}

/// The indices that a module writer assigned.
///
/// The writer's own functions, types and so on keep the numbers that it used in instructions, unless it maps them.
pub trait Indices {
    /// The index of an item that linmem adds.
    fn item(&self, item: Item) -> u32;

    /// The index of a function, by the number that the writer used in instructions.
    fn function(&self, number: u32) -> u32 {
        number
    }

    /// The index of a global, in the same way.
    fn global(&self, number: u32) -> u32 {
        number
    }

    /// The index of a type, in the same way. The numbers from 999,000 on are reserved.
    fn ty(&self, number: u32) -> u32 {
        number
    }

    /// The index of a memory, in the same way.
    fn memory(&self, number: u32) -> u32 {
        number
    }

    /// The index of a table, in the same way.
    fn table(&self, number: u32) -> u32 {
        number
    }

    /// The index of a tag, in the same way.
    fn tag(&self, number: u32) -> u32 {
        number
    }

    /// The index of a data segment, in the same way.
    fn data(&self, number: u32) -> u32 {
        number
    }

    /// The index of an element segment, in the same way.
    fn element(&self, number: u32) -> u32 {
        number
    }
}

/// Lowers functions whose indices are assigned later.
///
/// ```
/// use linmem_codegen::build::{Indices, Item, LateLowering};
/// use linmem_codegen::{Config, Error};
/// use linmem_intrinsics::{Access, Representation};
///
/// # fn main() -> Result<(), Error> {
/// let mut lowering = LateLowering::new(&Config::default(), Representation::Packed)?;
/// let mut f = lowering.body("start", &[], &[]);
/// let region = f.begin_region();
/// let segment = f.allocate(region, 4);
/// f.put(Access::Int, segment, 0, 100);
/// f.end_region(region);
/// let start = lowering.define(f)?;
///
/// // All functions are lowered: the parts are known, and the writer lays out its index spaces.
/// let parts = lowering.finish()?;
/// struct Layout { imports: u32, functions: u32 }
/// impl Indices for Layout {
///     fn item(&self, item: Item) -> u32 {
///         match item {
///             Item::Memory => 0,
///             Item::Import(position) => position,
///             Item::Function(position) => self.imports + self.functions + position,
///             Item::Global(position) | Item::Type(position) | Item::BlockType(position) => position,
///             _ => unreachable!("this writer knows all kinds of items"),
///         }
///     }
/// }
/// let layout = Layout { imports: parts.imports.len() as u32, functions: 1 };
/// let function = start.resolve(&parts, &layout)?;
/// # assert!(function.byte_len() > 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LateLowering {
    context: Context,
    unwind: Unwind,
    memory: MemoryPart,
    needs: Needs,
    signatures: Signatures,
    block_types: Vec<Vec<ValType>>,
    names: Vec<String>,
    number: u32,
}

/// A function whose indices are not inserted yet.
#[derive(Clone, Debug)]
pub struct Body(Code);

#[derive(Clone, Debug)]
enum Code {
    /// A function of the frontend.
    Lowered(Box<Lowered>),
    /// A function of linmem.
    Helper(crate::helpers::Helper),
}

/// The memory of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPart {
    /// The initial number of pages.
    pub minimum: u64,
    /// The maximum number of pages.
    pub maximum: Option<u64>,
}

/// A mutable global of linmem's.
#[derive(Clone, Debug)]
pub struct GlobalPart {
    /// Its name in the name section.
    pub name: &'static str,
    new: NewGlobal,
    is_scope: bool,
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

/// A function that linmem adds.
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

/// Everything that linmem adds to a module.
#[derive(Debug)]
pub struct Parts {
    context: Context,
    needs: Needs,
    number: u32,
    positions: BTreeMap<FunctionRef, Item>,
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
    /// The custom sections, by name.
    pub custom_sections: Vec<(&'static str, Vec<u8>)>,
}

impl LateLowering {
    /// Lowers for a memory that linmem defines.
    ///
    /// # Errors
    ///
    /// If the configuration is not supported, or the base is not an address in a new memory.
    pub fn new(config: &Config, representation: Representation) -> Result<LateLowering, Error> {
        let NewMemory { home, pages, maximum } = new_memory(config, representation)?;
        let choices = Choices::of(config, representation);
        let context = Context {
            representation,
            choices,
            memory: MemoryIndex(VIRTUAL),
            width: WIDTH,
            first_global: GlobalIndex(VIRTUAL),
            home,
            growth: Growth::Grow,
            keeps_errno: config.last_errno,
            segments: Segments::new(representation, choices, WIDTH, FIRST_TYPE),
        };
        Ok(LateLowering {
            context,
            unwind: config.unwind.unwrap_or(Unwind::Release),
            memory: MemoryPart { minimum: pages, maximum },
            needs: Needs::new(context),
            signatures: Signatures::default(),
            block_types: Vec::new(),
            names: Vec::new(),
            number: number(&[]),
        })
    }

    /// What the writer declares about its own functions, types and tags.
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// Begins a function with these parameters and results. Several functions can be open at once, on any thread.
    pub fn body(&mut self, name: &str, params: &[ValType], results: &[ValType]) -> FunctionBuilder {
        let number = self.names.len() as u32;
        self.names.push(name.to_string());
        let arity = (params.len() as u32, results.len() as u32);
        FunctionBuilder::new(self.context, self.signatures.clone(), (number, name), self.unwind, arity)
    }

    /// Ends a function.
    ///
    /// # Errors
    ///
    /// The first mistake in the body.
    pub fn define(&mut self, body: FunctionBuilder) -> Result<Body, Error> {
        let Finished { name, mut lowered, block_types, .. } = body.finish()?;
        let positions: Vec<u32> = block_types
            .into_iter()
            .map(|results| {
                let known = self.block_types.iter().position(|other| *other == results);
                let position = known.unwrap_or(self.block_types.len());
                if known.is_none() {
                    self.block_types.push(results);
                }
                FIRST_TYPE + self.segment_types() + position as u32
            })
            .collect();
        lowered.add_to(&mut self.needs, &positions);
        self.number = extended_number(extended_number(self.number, name.as_bytes()), &lowered.code.bytes);
        Ok(Body(Code::Lowered(Box::new(lowered))))
    }

    /// The parts that the functions require.
    ///
    /// # Errors
    ///
    /// If the functions require more types than are reserved.
    pub fn finish(self) -> Result<Parts, Error> {
        let segment_types = self.segment_types();
        if u64::from(segment_types) + self.block_types.len() as u64 > 1000 {
            let message = "the handlers of exceptions have too many types".to_string();
            return Err(Error::Builder { message, place: crate::error::Place::Module });
        }
        let LateLowering { context, memory, needs, block_types, names, number, .. } = self;
        let convert = |types: &[linmem_intrinsics::ValueType]| types.iter().map(|ty| val_type(*ty)).collect();
        let split = |ty: FunctionType| -> (Vec<ValType>, Vec<ValType>) { (convert(&ty.params), convert(&ty.results)) };
        let mut positions = BTreeMap::new();
        let mut imports = Vec::new();
        for (position, import) in (0..).zip(needs.imports()) {
            positions.insert(FunctionRef::Host(import), Item::Import(position));
            let (params, results) = split(import.function_type(context.width()));
            imports.push(ImportPart { module: import.module(), name: import.name(), params, results });
        }
        let mut functions = Vec::new();
        for (position, helper) in (0..).zip(needs.helpers()) {
            positions.insert(FunctionRef::Helper(helper), Item::Function(position));
            let (params, results) = split(helper.function_type(&context));
            functions.push(FunctionPart { name: helper.name(), params, results, body: Body(Code::Helper(helper)) });
        }
        let globals = context
            .globals()
            .map(|new| GlobalPart {
                name: new.global.name(),
                is_scope: new.global == crate::globals::Global::Scope,
                new,
            })
            .collect();
        let mut custom_sections = Vec::new();
        if !needs.sites().is_empty() {
            let function = |number: u32| (u32::MAX, names.get(number as usize).cloned().unwrap_or_default());
            custom_sections.push((sites::SECTION, sites::encode(&[], needs.sites(), None, function)));
        }
        Ok(Parts {
            context,
            needs,
            number,
            positions,
            memory,
            globals,
            imports,
            functions,
            block_types,
            custom_sections,
        })
    }

    fn segment_types(&self) -> u32 {
        self.context.segments.types().map_or(0, |types| types.count())
    }
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
        let Context { representation, choices, .. } = self.context;
        let segments = Segments::new(representation, choices, WIDTH, indices.item(Item::Type(0)));
        match segments.types().filter(|_| part.is_scope) {
            Some(types) => (types.region_reference(true), ConstExpr::ref_null(types.region_heap_type())),
            None => (part.new.ty, part.new.value.clone()),
        }
    }

    /// The item with a reserved type index.
    pub(super) fn type_item(&self, reserved: u32) -> Item {
        let segment_types = self.context.segments.types().map_or(0, |types| types.count());
        match reserved.checked_sub(segment_types) {
            Some(position) => Item::BlockType(position),
            None => Item::Type(reserved),
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
        let missing = crate::code::Missing::default();
        let index = |function: FunctionRef| match function {
            FunctionRef::Program(number) => number,
            other => {
                let item = parts.positions.get(&other).copied();
                missing.check(item.map(|item| indices.item(item)), || other.describe()).wrapping_add(VIRTUAL)
            }
        };
        let bytes = match &self.0 {
            Code::Lowered(lowered) => lowered.body(index),
            Code::Helper(helper) => match parts.needs.bodies().find(|(other, _)| other == helper) {
                Some((_, body)) => body.function(index).into_raw_body(),
                None => return Err(Error::Internal { message: format!("{} has no body", helper.name()) }),
            },
        };
        missing.error()?;
        resolve(&bytes, parts, indices)
    }
}
