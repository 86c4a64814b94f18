//! Lowers functions for a module writer that assigns indices after all code is written.
//!
//! A [`Body`] refers to what linmem adds to the module, its [`Item`]s, by purpose. When all functions are lowered,
//! [`Parts`] lists the functions and the items. The writer assigns the indices of items, or has
//! [`Parts::add_to`] do it, and [`Body::resolve`] inserts them, wherever the items ended up in the index spaces.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::indices::{FIRST_TYPE, Item, VIRTUAL};
use crate::build::lowering::{NewMemory, new_memory};
use crate::build::parts::{Body, Code, FunctionPart, GlobalPart, GlobalSource, ImportPart, MemoryPart, Parts};
use crate::build::signatures::Signatures;
use crate::build::static_items::Statics;
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
use wasm_encoder::{CustomSection, ValType};

/// Lowers functions whose indices are assigned later.
///
/// The frontend numbers its functions, and declares each one once. If all functions are lowered,
/// [`Parts::add_to`](crate::build::Parts::add_to) adds them, and what they need, to the frontend's sections:
///
/// ```
/// use linmem_codegen::build::{Indices, LateLowering, Sections};
/// use linmem_codegen::{Config, Error};
/// use linmem_intrinsics::{Access, Representation};
/// use wasm_encoder::{
///     CodeSection, DataSection, ExportKind, ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection, Module,
///     TypeSection,
/// };
///
/// # fn main() -> Result<(), Error> {
/// let mut lowering = LateLowering::new(&Config::default(), Representation::Packed)?;
/// lowering.declare_function(0, "start", &[], &[])?;
/// let mut f = lowering.body(0)?;
/// let region = f.begin_region();
/// let segment = f.allocate(region, 4);
/// f.put(Access::Int, segment, 0, 100);
/// f.end_region(region);
/// lowering.define(f)?;
/// let parts = lowering.finish()?;
///
/// // The frontend's sections contain its types, its imports, and the types of its functions.
/// let (mut types, mut imports, mut functions) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
/// types.ty().function([], []);
/// functions.function(0);
/// // linmem adds the rest, and says which indices the functions have.
/// let (mut memories, mut globals) = (MemorySection::new(), GlobalSection::new());
/// let (mut exports, mut code, mut data) = (ExportSection::new(), CodeSection::new(), DataSection::new());
/// let indices = parts.add_to(Sections {
///     types: &mut types,
///     imports: &mut imports,
///     functions: &mut functions,
///     memories: &mut memories,
///     globals: &mut globals,
///     exports: &mut exports,
///     code: &mut code,
///     data: &mut data,
/// })?;
/// exports.export("start", ExportKind::Func, indices.function(0));
/// let mut module = Module::new();
/// module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
/// module.section(&exports).section(&code).section(&data);
/// for section in &parts.custom_sections {
///     module.section(section);
/// }
/// let bytes = module.finish();
/// parts.validate(&bytes, &indices)?;
/// # Ok(())
/// # }
/// ```
///
/// A writer that does not use these sections implements [`Indices`](crate::build::Indices).
#[derive(Debug)]
pub struct LateLowering {
    pub(super) context: Context,
    unwind: Unwind,
    pub(super) memory: MemoryPart,
    pub(super) needs: Needs,
    signatures: Signatures,
    block_types: Vec<Vec<ValType>>,
    pub(super) functions: BTreeMap<u32, Declared>,
    number: u32,
    pub(super) statics: Statics,
}

/// A function of the frontend.
#[derive(Debug)]
pub(super) struct Declared {
    name: String,
    params: Vec<ValType>,
    results: Vec<ValType>,
    is_begun: bool,
    pub(super) body: Option<Body>,
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
            growth: Growth::of_own(config),
            keeps_errno: config.last_errno,
            trace: None,
            segments: Segments::new(representation, choices, WIDTH, FIRST_TYPE),
        };
        Ok(LateLowering {
            context,
            unwind: config.unwind.unwrap_or(Unwind::Release),
            memory: MemoryPart { minimum: pages, maximum },
            needs: Needs::new(context),
            signatures: Signatures::default(),
            block_types: Vec::new(),
            functions: BTreeMap::new(),
            number: number(&[]),
            statics: Statics::new(config.static_data),
        })
    }

    /// What the writer declares about its own types and tags, and about functions of which it knows only the arity.
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// Declares a function of the frontend, by its number in instructions: one that is lowered here or one that the
    /// frontend imports. Calls of functions that are not declared make code slower, never wrong, so that all functions
    /// are best declared before the first body begins.
    ///
    /// # Errors
    ///
    /// If the number is already declared, or reserved.
    pub fn declare_function(
        &mut self,
        number: u32,
        name: &str,
        params: &[ValType],
        results: &[ValType],
    ) -> Result<(), Error> {
        if number >= VIRTUAL {
            return fail(format!(
                "the number {number} of {name} is reserved: numbers of functions are below {VIRTUAL}"
            ));
        }
        if let Some(Declared { name, .. }) = self.functions.get(&number) {
            return fail(format!("function {number} is already declared, as {name}"));
        }
        self.signatures.declare_function(number, (params.len() as u32, results.len() as u32));
        let (name, params, results) = (name.to_string(), params.to_vec(), results.to_vec());
        self.functions.insert(number, Declared { name, params, results, is_begun: false, body: None });
        Ok(())
    }

    /// Begins the body of a declared function. Several functions can be open at once, on any thread.
    ///
    /// # Errors
    ///
    /// If the function is not declared, or is already defined.
    pub fn body(&mut self, number: u32) -> Result<FunctionBuilder, Error> {
        match self.functions.get_mut(&number) {
            None => fail(format!("function {number} is not declared")),
            Some(Declared { name, body: Some(_), .. }) => fail(format!("{name} is already defined")),
            Some(Declared { name, params, results, is_begun, body: None }) => {
                *is_begun = true;
                let arity = (params.len() as u32, results.len() as u32);
                let signatures = self.signatures.clone();
                let mut body = FunctionBuilder::new(self.context, signatures, (number, name), self.unwind, arity);
                body.module = Some(self.statics.owner);
                Ok(body)
            }
        }
    }

    /// Ends a body and defines its function.
    ///
    /// # Errors
    ///
    /// The first mistake in the body, or that the function is already defined or belongs to another module.
    pub fn define(&mut self, body: FunctionBuilder) -> Result<(), Error> {
        let Finished { signatures, number, name, mut lowered, block_types, .. } = body.finish()?;
        let function = match self.functions.get_mut(&number) {
            Some(function) if self.signatures.is_of_same_module(&signatures) => function,
            _ => return fail(format!("{name} belongs to another module")),
        };
        if function.body.is_some() {
            return fail(format!("{name} is already defined"));
        }
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
        function.body = Some(Body(Code::Lowered(Box::new(lowered))));
        Ok(())
    }

    /// The lowered functions, and the parts that they require.
    ///
    /// # Errors
    ///
    /// If a body was begun and not defined, if the functions require more types than are reserved, or if static data does not
    /// fit.
    pub fn finish(mut self) -> Result<Parts, Error> {
        let segment_types = self.context.segments.type_count();
        if u64::from(segment_types) + self.block_types.len() as u64 > 1000 {
            return fail("the handlers of exceptions have too many types".to_string());
        }
        if let Some(Declared { name, .. }) = self.functions.values().find(|one| one.is_begun && one.body.is_none()) {
            return fail(format!("the body of {name} was begun but not defined"));
        }
        let (placed, data) = self.place_statics()?;
        let LateLowering {
            context, memory, needs, signatures, block_types, functions: declared, number, statics, ..
        } = self;
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
        let own = context.globals().map(|new| GlobalPart {
            name: new.global.name().to_string(),
            is_mutable: true,
            source: if new.global == Global::Scope { GlobalSource::Scope } else { GlobalSource::New(new) },
        });
        let structures = placed.globals.keys().enumerate().map(|(position, segment)| GlobalPart {
            name: format!("linmem.static.{position}"),
            is_mutable: false,
            source: GlobalSource::Static(*segment),
        });
        let globals = own.chain(structures).collect();
        let mut custom_sections = Vec::new();
        if !needs.sites().is_empty() {
            let name = |number: u32| declared.get(&number).map(|function| function.name.clone()).unwrap_or_default();
            let data = sites::encode(&[], needs.sites(), None, |number| (u32::MAX, name(number)));
            custom_sections.push(CustomSection { name: sites::SECTION.into(), data: data.into() });
        }
        let lowered = |(number, Declared { name, params, results, body, .. })| {
            Some((number, FunctionPart { name, params, results, body: body? }))
        };
        let program = declared.into_iter().filter_map(lowered).collect();
        Ok(Parts {
            context,
            needs,
            signatures,
            number,
            positions,
            program,
            memory,
            globals,
            imports,
            functions,
            block_types,
            data,
            custom_sections,
            statics,
            placed,
        })
    }
}

/// A mistake that concerns no instruction.
fn fail<T>(message: String) -> Result<T, Error> {
    Err(Error::Builder { message, place: Place::Module })
}
