//! Lowers function by function into a frontend's own module writer.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::signatures::{Signatures, foreign};
use crate::build::sink::ModuleSink;
use crate::choices::Choices;
use crate::code::{FunctionRef, Missing};
use crate::config::{Base, Config, DEFAULT_SPLIT, Init, Share, SplitAddress};
use crate::context::{Context, Growth, Home, Split};
use crate::digest::{extended_number, number};
use crate::error::{Built, Error, Place};
use crate::globals::NewGlobal;
use crate::helpers::{Helper, Needs};
use crate::index::{GlobalIndex, MemoryIndex};
use crate::link::not_split;
use crate::module::val_type;
use crate::segment::Segments;
use crate::setting::Setting;
use crate::sites;
use crate::width::WIDTH;
use indexmap::IndexMap;
use linmem_allocator::Unwind;
use linmem_allocator::layout::HOME;
use linmem_intrinsics::{
    ArrayReference, ArrayType, Element, FunctionType, Intrinsic, Representation, Signature, TextsType, ValueType,
};
use wasm_encoder::{Function, ValType};

/// Lowers functions for a [`ModuleSink`].
///
/// ```
/// # use linmem_codegen::build::{Lowering, ModuleSink};
/// # fn example(sink: &mut impl ModuleSink) -> Result<(), linmem_codegen::Error> {
/// use linmem_codegen::{Config, build::Local};
/// use linmem_intrinsics::{Access, FunctionType, Representation};
///
/// let mut lowering = Lowering::new(sink, &Config::default(), Representation::Packed)?;
/// let ty = FunctionType::default();
/// let body = lowering.function(sink, "start", &ty, |f| {
///     f.region(|f, region| {
///         let segment = f.allocate(region, 4);
///         f.put(Access::Int, segment, 0, 100);
///     });
/// })?;
/// // The body goes wherever the frontend puts its functions; helpers are defined at the end.
/// # let index = { let ty = sink.function_type(&ty); sink.declare_function("start", ty) };
/// sink.define_function(index, body);
/// lowering.finish(sink)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Lowering {
    context: Context,
    unwind: Unwind,
    needs: Needs,
    signatures: Signatures,
    functions: IndexMap<FunctionRef, u32>,
    /// The names of the lowered functions, by the numbers that sites use for them.
    names: Vec<String>,
    /// The digest, so far, from which the number in the segment types is derived.
    number: u32,
}

impl Lowering {
    /// Adds linmem's memory and globals to a module.
    ///
    /// # Errors
    ///
    /// If the configuration is not supported, or the base is not an address in a new memory.
    pub fn new(
        sink: &mut (impl ModuleSink + ?Sized),
        config: &Config,
        representation: Representation,
    ) -> Result<Lowering, Error> {
        let NewMemory { home, pages, maximum } = new_memory(config, representation)?;
        let memory = MemoryIndex(sink.add_memory(pages, maximum));
        Ok(Lowering::in_context(sink, config, representation, memory, home, Growth::of_own(config)))
    }

    /// Adds linmem's globals to a module that has a memory. linmem owns no part of this memory until it grows it. The
    /// memory can be shared between threads, unless it is split: each instance then grows it for regions of its own.
    ///
    /// With [`Share::Split`] the frontend must declare the memory without a maximum. In the functions that are lowered
    /// here, its `memory.size` and `memory.grow` become calls; a function that the frontend writes itself must call
    /// [`program_size`](Lowering::program_size) and [`program_grow`](Lowering::program_grow).
    ///
    /// # Errors
    ///
    /// If the configuration contains a base, or requests the allocator of the program: both require a module that is
    /// linked.
    pub fn in_memory(
        sink: &mut (impl ModuleSink + ?Sized),
        config: &Config,
        representation: Representation,
        memory: u32,
    ) -> Result<Lowering, Error> {
        check(config, representation)?;
        config.check_not_own("linmem does not define the memory")?;
        if let Some(base) = &config.base {
            let message = "an existing memory has no base in the library door; link the module instead";
            return Err(Error::option(Setting::base(base), message));
        }
        if let Some(most) = config.max_pages {
            return Err(Error::option(Setting::max_pages(most), "linmem does not define the memory"));
        }
        let home = Home::Found { base: None };
        let pages = config.split.map_or(DEFAULT_SPLIT, SplitAddress::pages);
        let growth = match (&config.share, config.split) {
            (Some(share @ Share::Allocator { .. }), _) => {
                let message = "the exports of the module are not known in the library door; link the module instead";
                return Err(Error::option(Setting::share(share), message));
            }
            (Some(share @ Share::Trust), Some(split)) => return Err(not_split(split, share)),
            (Some(Share::Split), _) | (None, Some(_)) => Growth::Split(Split { pages, maximum: None, fixed: None }),
            (Some(Share::Trust) | None, None) => Growth::Grow,
        };
        Ok(Lowering::in_context(sink, config, representation, MemoryIndex(memory), home, growth))
    }

    /// The index of the function that replaces `memory.size` in functions that the frontend writes itself; `None` if
    /// the memory is not split.
    pub fn program_size(&mut self, sink: &mut (impl ModuleSink + ?Sized)) -> Option<u32> {
        self.program_helper(sink, Helper::ProgramSize)
    }

    /// The index of the function that replaces `memory.grow` in functions that the frontend writes itself; `None` if
    /// the memory is not split.
    pub fn program_grow(&mut self, sink: &mut (impl ModuleSink + ?Sized)) -> Option<u32> {
        self.program_helper(sink, Helper::ProgramGrow)
    }

    fn program_helper(&mut self, sink: &mut (impl ModuleSink + ?Sized), helper: Helper) -> Option<u32> {
        if !self.context.counts_pages_of(self.context.memory.0) {
            return None;
        }
        self.needs.add(helper);
        self.resolve(sink);
        self.functions.get(&FunctionRef::Helper(helper)).copied()
    }

    fn in_context(
        sink: &mut (impl ModuleSink + ?Sized),
        config: &Config,
        representation: Representation,
        memory: MemoryIndex,
        home: Home,
        growth: Growth,
    ) -> Lowering {
        let choices = Choices::of(config, representation);
        let mut segments = Segments::new(representation, choices, WIDTH, 0);
        if let Some(types) = segments.types() {
            let first = sink.declare_recursion_group(types.count());
            segments = Segments::new(representation, choices, WIDTH, first);
        }
        let mut context = Context {
            representation,
            choices,
            memory,
            width: WIDTH,
            first_global: GlobalIndex(0),
            home,
            growth,
            keeps_errno: config.last_errno,
            trace: None,
            segments,
        };
        let mut first = None;
        for NewGlobal { global, ty, value } in context.globals() {
            let index = sink.add_global(global.name(), ty, &value);
            first.get_or_insert(index);
        }
        context.first_global = GlobalIndex(first.unwrap_or_default());
        let unwind = config.unwind.unwrap_or(Unwind::Release);
        let (needs, functions) = (Needs::new(context), IndexMap::new());
        Lowering {
            context,
            unwind,
            needs,
            signatures: Signatures::default(),
            functions,
            names: Vec::new(),
            number: number(&[]),
        }
    }

    /// Lowers one function. Its body can be used for any function of this type.
    ///
    /// # Errors
    ///
    /// The first mistake that `code` made.
    pub fn function(
        &mut self,
        sink: &mut (impl ModuleSink + ?Sized),
        name: &str,
        ty: &FunctionType,
        code: impl FnOnce(&mut FunctionBuilder),
    ) -> Result<Function, Error> {
        let convert = |types: &[ValueType]| types.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
        let mut body = self.body(name, &convert(&ty.params), &convert(&ty.results));
        code(&mut body);
        self.define(sink, body)
    }

    /// Begins a function with these parameters and results. Several functions can be open at once, on any thread.
    pub fn body(&mut self, name: &str, params: &[ValType], results: &[ValType]) -> FunctionBuilder {
        let number = self.names.len() as u32;
        self.names.push(name.to_string());
        let arity = (params.len() as u32, results.len() as u32);
        FunctionBuilder::new(self.context, self.signatures.clone(), (number, name), self.unwind, arity)
    }

    /// Ends a function, and returns its body.
    ///
    /// # Errors
    ///
    /// The first mistake in the body, or that the body belongs to another module.
    pub fn define(&mut self, sink: &mut (impl ModuleSink + ?Sized), body: FunctionBuilder) -> Result<Function, Error> {
        let Finished { signatures, name, mut lowered, block_types, .. } = body.finish()?;
        if !self.signatures.is_of_same_module(&signatures) {
            return Err(foreign(&name));
        }
        let block_types: Option<Vec<u32>> = block_types.iter().map(|results| sink.block_type(results)).collect();
        let Some(block_types) = block_types else {
            let message = "an exception with several values leaves a region, but the module writer has no block types"
                .to_string();
            let place = Place::Built(Box::new(Built { function: name, ..Built::default() }));
            return Err(Error::Builder { message, place });
        };
        lowered.add_to(&mut self.needs, &block_types);
        self.resolve(sink);
        self.number = extended_number(extended_number(self.number, name.as_bytes()), &lowered.code.bytes);
        let missing = Missing::default();
        let function = lowered.function(|function| self.index(function, &missing));
        missing.error()?;
        Ok(function)
    }

    /// What the writer declares about its own functions, types and tags.
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// The functions that these intrinsics import, by module and name, in every configuration of their operands. A
    /// writer whose function indices are final once they are assigned imports them first.
    pub fn imports(&self, intrinsics: impl IntoIterator<Item = Intrinsic>) -> Vec<(&'static str, &'static str)> {
        let representation = self.context.representation;
        self.imports_of(intrinsics.into_iter().filter_map(|intrinsic| Signature::new(intrinsic, representation)))
    }

    /// Like [`imports`](Lowering::imports), for intrinsics with these types. Those of text import functions if they have
    /// strings.
    pub fn imports_of(&self, signatures: impl IntoIterator<Item = Signature>) -> Vec<(&'static str, &'static str)> {
        // The names of functions do not depend on the index of a type.
        let units = ArrayType { index: 0, element: Element::I16, mutable: true };
        let units = ArrayReference { nullable: false, ty: units };
        let mut needs = Needs::new(self.context);
        let texts = TextsType { index: 1, text: 0, unit: Element::I16, nullable: true };
        let elements = [Element::I16, Element::I8].map(|element| ArrayType { element, ..units.ty });
        let arrays = elements.map(|ty| ArrayReference { nullable: true, ty });
        for signature in signatures {
            let instance = match () {
                () if signature.makes_string() => signature.with_array(units),
                () if signature.is_pattern() => arrays
                    .into_iter()
                    .find_map(|array| signature.with_array(array))
                    .or_else(|| signature.with_texts(texts)),
                () => None,
            };
            let signature = instance.unwrap_or(signature);
            let ty = signature.function_type();
            let mut f = FunctionBuilder::new(
                self.context,
                Signatures::default(),
                (0, signature.intrinsic.name()),
                Unwind::Program,
                (ty.params.len() as u32, ty.results.len() as u32),
            );
            for param in 0..ty.params.len() as u32 {
                f.push(f.param(param));
            }
            f.signature(&signature);
            if let Ok(Finished { mut lowered, .. }) = f.finish() {
                lowered.add_to(&mut needs, &[]);
            }
        }
        needs.imports().map(|import| (import.module(), import.name())).collect()
    }

    fn index(&self, function: FunctionRef, missing: &Missing) -> u32 {
        if let FunctionRef::Program(index) = function {
            return index;
        }
        missing.check(self.functions.get(&function).copied(), || function.describe())
    }

    /// Defines the helpers that the lowered functions call.
    ///
    /// # Errors
    ///
    /// If a helper refers to an item that has no index, which is a bug in linmem.
    pub fn finish(self, sink: &mut (impl ModuleSink + ?Sized)) -> Result<(), Error> {
        let missing = Missing::default();
        let index = |function| self.index(function, &missing);
        for (helper, body) in self.needs.bodies() {
            sink.define_function(index(FunctionRef::Helper(helper)), body.function(index));
        }
        if let Some(types) = self.context.segments.types() {
            // The number is derived from the functions, so that the segment types of modules with different functions
            // differ.
            sink.define_recursion_group(types.first(), types.group(self.number));
        }
        if !self.needs.sites().is_empty() {
            let function = |number: u32| (u32::MAX, self.names.get(number as usize).cloned().unwrap_or_default());
            sink.custom_section(sites::SECTION, &sites::encode(&[], self.needs.sites(), None, function));
        }
        missing.error()
    }

    /// Obtains indices for new imports and helpers.
    fn resolve(&mut self, sink: &mut (impl ModuleSink + ?Sized)) {
        for import in self.needs.imports() {
            self.functions.entry(FunctionRef::Host(import)).or_insert_with(|| {
                let ty = sink.function_type(&import.function_type(self.context.width()));
                sink.import_function(import.module(), import.name(), ty)
            });
        }
        for helper in self.needs.helpers() {
            self.functions.entry(FunctionRef::Helper(helper)).or_insert_with(|| {
                let ty = sink.function_type(&helper.function_type(&self.context));
                sink.declare_function(&helper.name(), ty)
            });
        }
    }
}

/// Rejects ways to initialize memories that only linking can choose.
fn check_init(config: &Config) -> Result<(), Error> {
    match config.init {
        Init::Auto => Ok(()),
        init => {
            let message =
                "in the library door, the data segments of the frontend are as it adds them; link the module instead";
            Err(Error::option(Setting::init(init), message))
        }
    }
}

/// A memory that linmem defines.
pub(super) struct NewMemory {
    pub(super) home: Home,
    /// The initial number of pages.
    pub(super) pages: u64,
    /// The maximum number of pages.
    pub(super) maximum: Option<u64>,
}

/// Rejects options that the library door does not support with segments of this representation.
fn check(config: &Config, representation: Representation) -> Result<(), Error> {
    if config.trace {
        let message = "accesses are traced only where modules are linked; link the module instead";
        return Err(Error::option(Setting::trace(), message));
    }
    check_init(config)?;
    config.check(representation)
}

/// The memory of a module that is built.
pub(super) fn new_memory(config: &Config, representation: Representation) -> Result<NewMemory, Error> {
    check(config, representation)?;
    if let Some(name) = &config.memory {
        return Err(Error::option(Setting::memory(name), "segments are in the memory that linmem defines"));
    }
    let base = match &config.base {
        None => HOME,
        Some(Base::Address(address)) => u64::from(*address),
        Some(base @ Base::Global(_)) => {
            let message = "the globals of the module are not known in the library door; link the module instead";
            return Err(Error::option(Setting::base(base), message));
        }
    };
    let (home, pages) = Home::in_new_memory(base, None, Choices::of(config, representation))
        .ok_or_else(|| crate::link::beyond_memory(base))?;
    Ok(NewMemory { home, pages, maximum: crate::link::maximum(config, pages)? })
}
