//! A module, while it is being built.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::ids::{FunctionId, TypeId};
use crate::build::lowering::{NewMemory, new_memory};
use crate::build::signatures::Signatures;
use crate::build::types::Types;
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
use crate::width::WIDTH;
use linmem_allocator::Unwind;
use linmem_intrinsics::{FunctionType, Representation, wasi};
use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, GlobalSection, GlobalType, NameMap, RefType, SubType, TableSection, TableType,
    TagKind, TagSection, TagType, ValType,
};

pub(super) enum Source {
    Import { module: String, name: String },
    Declared { name: String, body: Option<Box<Lowered>> },
}

pub(super) struct Entry {
    pub(super) ty: TypeId,
    pub(super) source: Source,
}

/// Builds a module: owns the index spaces, interns types, adds linmem's memory, globals and helpers, writes the name
/// section, and validates the result.
pub struct ModuleBuilder {
    pub(super) context: Context,
    pub(super) needs: Needs,
    pub(super) unwind: Unwind,
    pub(super) pages: u64,
    pub(super) maximum: Option<u64>,
    pub(super) signatures: Signatures,
    pub(super) types: Types,
    pub(super) functions: Vec<Entry>,
    pub(super) globals: GlobalSection,
    pub(super) global_names: NameMap,
    pub(super) tables: TableSection,
    pub(super) table_elements: Vec<(u32, Vec<FunctionId>)>,
    pub(super) referenced: Vec<FunctionId>,
    pub(super) tags: TagSection,
    pub(super) exports: Vec<(String, ExportKind, u32)>,
    pub(super) start: Option<FunctionId>,
    pub(super) data: DataSection,
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
            growth: Growth::Grow,
            keeps_errno: config.last_errno,
            segments: Segments::new(representation, choices, WIDTH, 0),
        };
        let signatures = Signatures::default();
        signatures.declare_complete();
        let mut builder = ModuleBuilder {
            context,
            needs: Needs::new(context),
            unwind: config.unwind.unwrap_or(Unwind::Release),
            pages,
            maximum,
            types: Types::new(signatures.clone()),
            signatures,
            functions: Vec::new(),
            globals: GlobalSection::new(),
            global_names: NameMap::new(),
            tables: TableSection::new(),
            table_elements: Vec::new(),
            referenced: Vec::new(),
            tags: TagSection::new(),
            exports: Vec::new(),
            start: None,
            data: DataSection::new(),
        };
        if let Some(types) = context.segments.types() {
            builder.types.add_segments(types);
        }
        for NewGlobal { global, ty, value } in context.globals() {
            builder.global(global.name(), ty, true, &value);
        }
        Ok(builder)
    }

    /// The function type with these parameters and results.
    pub fn function_type(
        &mut self,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> TypeId {
        self.types.function(params.into_iter().collect(), results.into_iter().collect())
    }

    /// A recursion group of types, such as those of a GC heap. Function types in it are not interned.
    pub fn recursion_group(&mut self, types: impl IntoIterator<Item = SubType>) -> Vec<TypeId> {
        self.types.recursion_group(types.into_iter().collect())
    }

    /// Imports a function.
    pub fn import_function(&mut self, module: &str, name: &str, ty: TypeId) -> FunctionId {
        self.entry(ty, Source::Import { module: module.to_string(), name: name.to_string() })
    }

    /// Imports a WASI function directly, unless it is already imported. The lifted form needs no import: see
    /// [`FunctionBuilder::wasi`].
    pub fn import_wasi(&mut self, function: wasi::Function) -> FunctionId {
        let is_it = |entry: &Entry| match &entry.source {
            Source::Import { module, name } => module == wasi::MODULE && name == function.name(),
            Source::Declared { .. } => false,
        };
        if let Some(position) = self.functions.iter().position(is_it) {
            return FunctionId(position as u32);
        }
        let ty = self.intern(&function.function_type());
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
        Ok(FunctionBuilder::new(self.context, self.signatures.clone(), (function.0, name), self.unwind, arity))
    }

    /// Ends a body and defines its function. The bytes of the module depend on the order in which functions are
    /// defined, not on the order in which their bodies were begun or built.
    ///
    /// # Errors
    ///
    /// The first mistake in the body, or that the function is already defined.
    pub fn define(&mut self, body: FunctionBuilder) -> Result<(), Error> {
        self.define_finished(body.finish()?)
    }

    /// Defines a function whose body was [finished](FunctionBuilder::finish), for example on another thread.
    ///
    /// # Errors
    ///
    /// If the function is already defined.
    pub fn define_finished(&mut self, body: Finished) -> Result<(), Error> {
        let Finished { number, name, mut lowered, block_types } = body;
        let block_types: Vec<u32> =
            block_types.into_iter().map(|results| self.types.function(Vec::new(), results).0).collect();
        match self.functions.get_mut(number as usize) {
            Some(Entry { source: Source::Declared { body: body @ None, .. }, .. }) => {
                lowered.add_to(&mut self.needs, &block_types);
                *body = Some(Box::new(lowered));
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

    /// Adds a global and returns its index.
    pub fn global(&mut self, name: &str, ty: ValType, mutable: bool, value: &ConstExpr) -> u32 {
        let index = self.globals.len();
        self.globals.global(GlobalType { val_type: ty, mutable, shared: false }, value);
        self.global_names.append(index, name);
        index
    }

    /// Adds a table of these functions and returns its index.
    pub fn table(&mut self, functions: &[FunctionId]) -> u32 {
        let index = self.tables.len();
        let size = functions.len() as u64;
        let element_type = RefType::FUNCREF;
        self.tables.table(TableType {
            element_type,
            table64: false,
            minimum: size,
            maximum: Some(size),
            shared: false,
        });
        self.table_elements.push((index, functions.to_vec()));
        index
    }

    /// Declares that an instruction refers to a function by `ref.func`, as validation requires.
    pub fn reference(&mut self, function: FunctionId) {
        self.referenced.push(function);
    }

    /// Adds an exception tag with the parameters of a function type, and returns its index.
    pub fn tag(&mut self, ty: TypeId) -> u32 {
        let index = self.tags.len();
        self.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: ty.0 });
        self.signatures.declare_tag(index, self.signatures.type_params(ty.0).unwrap_or_default());
        index
    }

    /// Adds a passive data segment and returns its index.
    pub fn passive_data(&mut self, bytes: &[u8]) -> u32 {
        let index = self.data.len();
        self.data.passive(bytes.iter().copied());
        index
    }

    /// Exports a function.
    pub fn export(&mut self, name: &str, function: FunctionId) {
        self.exports.push((name.to_string(), ExportKind::Func, function.0));
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
