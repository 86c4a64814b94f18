//! Lowers functions for a module writer that assigns indices after all code is written.
//!
//! A [`Body`] refers to what linmem adds to the module, its [`Item`]s, by purpose. When all functions are lowered,
//! [`Parts`] lists the items. The writer assigns their indices, and [`Body::resolve`] inserts them, wherever the items
//! ended up in the index spaces.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::indices::{FIRST_TYPE, Item, VIRTUAL};
use crate::build::lowering::{NewMemory, new_memory};
use crate::build::parts::{Body, Code, FunctionPart, GlobalPart, ImportPart, MemoryPart, Parts};
use crate::build::signatures::Signatures;
use crate::choices::Choices;
use crate::code::FunctionRef;
use crate::config::Config;
use crate::context::{Context, Growth};
use crate::digest::{extended_number, number};
use crate::error::{Error, Place};
use crate::globals::Global;
use crate::helpers::Needs;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::val_type;
use crate::segment::Segments;
use crate::sites;
use crate::width::WIDTH;
use linmem_allocator::Unwind;
use linmem_intrinsics::{FunctionType, Representation};
use std::collections::BTreeMap;
use wasm_encoder::ValType;

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
                FIRST_TYPE + self.context.segments.type_count() + position as u32
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
        let segment_types = self.context.segments.type_count();
        if u64::from(segment_types) + self.block_types.len() as u64 > 1000 {
            let message = "the handlers of exceptions have too many types".to_string();
            return Err(Error::Builder { message, place: Place::Module });
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
            .map(|new| GlobalPart { name: new.global.name(), is_scope: new.global == Global::Scope, new })
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
}
