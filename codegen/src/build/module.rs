//! A module, while it is being built.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::ids::{Exported, FunctionId, TypeId};
use crate::build::items::Items;
use crate::build::lowering::{NewMemory, new_memory};
use crate::build::signatures::{Signatures, foreign};
use crate::build::static_items::Statics;
use crate::build::types::{MAX_TYPES, Types};
use crate::choices::Choices;
use crate::config::Config;
use crate::context::{Context, Growth};
use crate::engine::Lowered;
use crate::error::{Error, Place};
use crate::globals::NewGlobal;
use crate::helpers::Needs;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::val_type;
use crate::segment::Segments;
use crate::start::Start;
use crate::width::WIDTH;
use linmem_allocator::{Address, Unwind};
use linmem_intrinsics::{FunctionType, Representation, wasi};
use std::collections::BTreeMap;
use wasm_encoder::{GlobalType, MemoryType, SubType, ValType};

pub(super) enum Source {
    Import { module: String, name: String },
    Declared { name: String, body: Option<Box<Body>> },
}

/// The body of a function.
pub(super) struct Body {
    pub(super) lowered: Lowered,
    /// The indices of the block types that the function requires.
    pub(super) block_types: Vec<u32>,
    /// Whether the places of operations are recorded, for `check`.
    pub(super) is_checked: bool,
    /// The names that the frontend gave to locals.
    pub(super) local_names: BTreeMap<u32, String>,
}

pub(super) struct Entry {
    pub(super) ty: TypeId,
    pub(super) source: Source,
}

/// Builds a module: owns the index spaces, interns types, adds linmem's memory, globals and helpers, writes the name
/// section, and validates the result.
///
/// Functions and types can be added at any time, also while functions are open. Of globals, memories, tables and tags,
/// imports come before definitions of the same kind; globals and memories also before the first body. In return every
/// index is final when its item is added, and instructions can contain it.
pub struct ModuleBuilder {
    pub(super) context: Context,
    pub(super) needs: Needs,
    pub(super) unwind: Unwind,
    pub(super) signatures: Signatures,
    pub(super) types: Types,
    pub(super) functions: Vec<Entry>,
    pub(super) items: Items,
    pub(super) exports: Vec<(String, Exported)>,
    pub(super) start: Option<FunctionId>,
    pub(super) config: Config,
    /// Whether function bodies record what `check` requires.
    pub(super) records: bool,
    /// The functions that are defined, in order.
    pub(super) defined: Vec<u32>,
    /// Whether the host can open regions and allocate.
    pub(super) exports_allocator: bool,
    pub(super) statics: Statics,
    /// The base and the end of the minimum size of a memory that the instances of the module share, for static data.
    pub(super) shared_part: Option<(Address, Address)>,
    /// The start function that linmem adds, which calls the frontend's.
    pub(super) own_start: Option<Start>,
}

impl ModuleBuilder {
    /// A module that contains only a memory of linmem's, exported as `memory`.
    ///
    /// # Errors
    ///
    /// If the configuration is not supported, or the base is not an address in the memory.
    pub fn new(config: &Config, representation: Representation) -> Result<ModuleBuilder, Error> {
        let NewMemory { home, pages, maximum } = new_memory(config, representation)?;
        let choices = Choices::of(config, representation);
        let context = Context {
            representation,
            choices,
            memory: MemoryIndex(0),
            width: WIDTH,
            first_global: GlobalIndex(0),
            home,
            growth: Growth::of_own(config),
            keeps_errno: config.last_errno,
            trace: None,
            segments: Segments::new(representation, choices, WIDTH, 0),
        };
        let signatures = Signatures::default();
        signatures.declare_complete();
        let mut builder = ModuleBuilder {
            context,
            needs: Needs::new(context),
            unwind: config.unwind.unwrap_or(Unwind::Release),
            types: Types::new(signatures.clone()),
            signatures,
            functions: Vec::new(),
            items: Items::default(),
            exports: Vec::new(),
            start: None,
            config: config.clone(),
            records: false,
            defined: Vec::new(),
            exports_allocator: false,
            statics: Statics::new(config.static_data),
            shared_part: None,
            own_start: None,
        };
        if let Some(types) = context.segments.types() {
            builder.types.add_segments(types);
        }
        builder.add_own_globals();
        let memory = MemoryType { minimum: pages, maximum, memory64: false, shared: false, page_size_log2: None };
        builder.items.memories.push(memory);
        Ok(builder)
    }

    /// Adds linmem's globals, which precede all others that are defined.
    pub(super) fn add_own_globals(&mut self) {
        for NewGlobal { global, ty, value } in self.context.globals() {
            self.items.globals.push((GlobalType { val_type: ty, mutable: true, shared: false }, value));
            self.items.own_globals.push(global.name());
        }
    }

    /// The function type with these parameters and results.
    pub fn function_type(
        &mut self,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> TypeId {
        self.types.function(params.into_iter().collect(), results.into_iter().collect())
    }

    /// A recursion group of types, such as those of a GC heap. Function types in it are not interned. See
    /// [`recursion_group_with`](ModuleBuilder::recursion_group_with) for types that refer to each other.
    pub fn recursion_group(&mut self, types: impl IntoIterator<Item = SubType>) -> Vec<TypeId> {
        self.types.recursion_group(types.into_iter().collect())
    }

    /// A recursion group of `count` types that refer to each other: `types` receives their ids, in order.
    ///
    /// # Errors
    ///
    /// If `types` does not return `count` types, or the module would have too many. The module is then unchanged.
    pub fn recursion_group_with<T: IntoIterator<Item = SubType>>(
        &mut self,
        count: u32,
        types: impl FnOnce(&[TypeId]) -> T,
    ) -> Result<Vec<TypeId>, Error> {
        let fail = |message: String| Err(Error::Builder { message, place: Place::Module });
        let Some(ids) = self.types.following(count) else {
            return fail(format!("a recursion group of {count} types exceeds the {MAX_TYPES} types of a module"));
        };
        let types: Vec<SubType> = types(&ids).into_iter().collect();
        if types.len() != ids.len() {
            return fail(format!("a recursion group of {count} types has {}", types.len()));
        }
        Ok(self.types.recursion_group(types))
    }

    /// Imports a function.
    pub fn import_function(&mut self, module: &str, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Import { module: module.to_string(), name: name.to_string() })
    }

    /// Imports a WASI function directly, unless it is already imported. The lifted form needs no import: see
    /// [`FunctionBuilder::wasi`].
    pub fn import_wasi(&mut self, function: wasi::Function) -> FunctionId {
        let ty = self.intern(&function.function_type());
        let is_it = |entry: &Entry| match &entry.source {
            Source::Import { module, name } => module == wasi::MODULE && name == function.name() && entry.ty == ty,
            Source::Declared { .. } => false,
        };
        if let Some(position) = self.functions.iter().position(is_it) {
            self.signatures.declare_nothrow(position as u32);
            return FunctionId(position as u32);
        }
        let id = self.import_function(wasi::MODULE, function.name(), ty);
        self.signatures.declare_nothrow(id.0);
        id
    }

    /// Declares a function that is defined later.
    pub fn declare_function(&mut self, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Declared { name: name.to_string(), body: None })
    }

    /// Begins the body of a declared function. The module can be used while functions are open, and several functions
    /// can be open at once, on any thread. [`define`](ModuleBuilder::define) ends the body.
    ///
    /// # Errors
    ///
    /// If the function is imported or already defined, or its type is not a function type.
    pub fn body(&self, function: FunctionId) -> Result<FunctionBuilder, Error> {
        let fail = |message: String| Err(Error::Builder { message, place: Place::Module });
        let (ty, name) = match self.functions.get(function.0 as usize) {
            None => return fail(format!("function {} does not exist", function.0)),
            Some(Entry { ty, source: Source::Declared { name, body: None } }) => (ty, name),
            Some(Entry { source: Source::Declared { name, .. }, .. }) => {
                return fail(format!("{name} is already defined"));
            }
            Some(Entry { source: Source::Import { module, name }, .. }) => {
                return fail(format!("{module}.{name} cannot be defined: it is imported"));
            }
        };
        let Some(arity) = self.signatures.type_arity(ty.0) else {
            return fail(format!("{name}: type {} is not a function type", ty.0));
        };
        self.items.settle();
        let mut body =
            FunctionBuilder::new(self.context, self.signatures.clone(), (function.0, name), self.unwind, arity);
        if self.records || self.may_have_frames() {
            body.engine.record_all(arity.0, self.records || self.context.choices.reports());
        }
        body.is_checked = self.records;
        body.module = Some(self.statics.owner);
        Ok(body)
    }

    /// Ends a body and defines its function. The bytes of the module depend on the order in which functions are
    /// defined, not on the order in which their bodies were begun or built.
    ///
    /// # Errors
    ///
    /// The first mistake in the body, or that the function is already defined, or belongs to another module.
    pub fn define(&mut self, body: FunctionBuilder) -> Result<(), Error> {
        self.define_finished(body.finish()?)
    }

    /// Defines a function whose body was [finished](FunctionBuilder::finish), for example on another thread.
    ///
    /// # Errors
    ///
    /// If the function is already defined, or belongs to another module.
    pub fn define_finished(&mut self, body: Finished) -> Result<(), Error> {
        let Finished { signatures, number, name, mut lowered, block_types, is_checked, local_names } = body;
        if !self.signatures.is_of_same_module(&signatures) {
            return Err(foreign(&name));
        }
        let block_types: Vec<u32> =
            block_types.into_iter().map(|results| self.types.function(Vec::new(), results).0).collect();
        match self.functions.get_mut(number as usize) {
            Some(Entry { source: Source::Declared { body: body @ None, .. }, .. }) => {
                if let Some(recorded) = &mut lowered.recorded {
                    recorded.code.assign(0, &block_types);
                }
                self.defined.push(number);
                *body = Some(Box::new(Body { lowered, block_types, is_checked, local_names }));
                Ok(())
            }
            _ => {
                let message = format!("{name} is already defined");
                Err(Error::Builder { message, place: Place::Module })
            }
        }
    }

    /// Declares that a function does not throw. Scopes of regions whose functions cannot throw cost nothing, whatever
    /// [`Config::unwind`] is. Functions of WASI never throw. The declaration must precede the calls.
    pub fn does_not_throw(&mut self, function: FunctionId) {
        self.signatures.declare_nothrow(function.0);
    }

    /// Declares that no function of the module throws, imported functions and those that are called indirectly
    /// included. The declaration must precede the bodies of functions.
    pub fn nothing_throws(&mut self) {
        self.signatures.declare_nothing_throws();
    }

    /// Defines a declared function by a closure.
    ///
    /// # Errors
    ///
    /// Those of [`body`](ModuleBuilder::body) and [`define`](ModuleBuilder::define).
    pub fn define_with(&mut self, function: FunctionId, code: impl FnOnce(&mut FunctionBuilder)) -> Result<(), Error> {
        let mut body = self.body(function)?;
        code(&mut body);
        self.define(body)
    }

    /// Declares and defines a function.
    ///
    /// # Errors
    ///
    /// The first mistake that `code` made.
    pub fn function(
        &mut self,
        name: &str,
        ty: TypeId,
        code: impl FnOnce(&mut FunctionBuilder),
    ) -> Result<FunctionId, Error> {
        let function = self.declare_function(name, ty);
        self.define_with(function, code)?;
        Ok(function)
    }

    /// Makes a function the start function, which runs when the module is instantiated.
    pub fn start(&mut self, function: FunctionId) {
        self.start = Some(function);
    }

    fn entry(&mut self, ty: TypeId, source: Source) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        if let Some(arity) = self.signatures.type_arity(ty.0) {
            self.signatures.declare_function(id.0, arity);
        }
        self.functions.push(Entry { ty, source });
        id
    }

    pub(super) fn intern(&mut self, ty: &FunctionType) -> TypeId {
        let convert = |list: &[linmem_intrinsics::ValueType]| list.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
        self.function_type(convert(&ty.params), convert(&ty.results))
    }
}
