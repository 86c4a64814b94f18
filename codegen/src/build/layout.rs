//! The finished module of a builder: the indices of functions, and errors.

use crate::build::ids::TypeId;
use crate::build::module::{Entry, ModuleBuilder, Source};
use crate::build::place::{Wrong, not_valid};
use crate::code::{FunctionRef, Missing, NO_INDEX};
use crate::engine::Lowered;
use crate::error::{Error, Place};
use crate::helpers::{Helper, HostImport};
use crate::statics::PlacedStatics;
use indexmap::IndexMap;
use wasmparser::BinaryReaderError;

/// The function indices of the finished module, in this order: imports, imports that linmem adds, functions, helpers, the start
/// function that linmem adds.
pub(super) struct Layout {
    pub(super) functions: Vec<u32>,
    pub(super) hosts: IndexMap<HostImport, (u32, TypeId)>,
    pub(super) helpers: IndexMap<Helper, (u32, TypeId)>,
    /// The start function that linmem adds.
    pub(super) start: Option<(u32, TypeId)>,
    /// The addresses of static data.
    pub(super) statics: PlacedStatics,
    missing: Missing,
}

impl ModuleBuilder {
    /// Returns the finished module, with its helpers and names. It is valid.
    ///
    /// # Errors
    ///
    /// If a declared function was not defined, if active data is in linmem's part of its memory, if static data does not
    /// fit, or if the module does not validate.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        self.finish_on(1)
    }

    /// Like [`finish`](ModuleBuilder::finish), but validates functions on this many threads. The bytes are the same.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn finish_on(mut self, threads: usize) -> Result<Vec<u8>, Error> {
        let undefined = self.functions.iter().find_map(|entry| match &entry.source {
            Source::Declared { name, body: None } => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = undefined {
            let message = format!("{name} is declared but not defined");
            return Err(Error::Builder { message, place: Place::Module });
        }
        self.check_ids()?;
        self.check_data()?;
        let statics = self.place_statics()?;
        let layout = Layout::new(&mut self, statics);
        let bytes = layout.write(&self);
        layout.check_indices()?;
        match crate::module::validate_on(threads, &bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(layout.not_valid(&error, bytes, &self)),
        }
    }
}

impl Layout {
    /// Assigns all indices, and the types of helpers.
    pub(super) fn new(builder: &mut ModuleBuilder, statics: PlacedStatics) -> Layout {
        let context = builder.context;
        let (imports, helpers): (Vec<_>, Vec<_>) =
            (builder.needs.imports().collect(), builder.needs.helpers().collect());
        let hosts: Vec<(HostImport, TypeId)> = imports
            .into_iter()
            .map(|import| (import, builder.intern(&import.function_type(context.width()))))
            .collect();
        let helpers: Vec<(Helper, TypeId)> =
            helpers.into_iter().map(|helper| (helper, builder.intern(&helper.function_type(&context)))).collect();
        let start = builder.own_start.is_some().then(|| builder.function_type([], []));
        let mut next = 0;
        let mut take = || {
            next += 1;
            next - 1
        };
        let mut layout = Layout {
            functions: vec![0; builder.functions.len()],
            hosts: IndexMap::new(),
            helpers: IndexMap::new(),
            start: None,
            statics,
            missing: Missing::default(),
        };
        let is_import = |entry: &Entry| matches!(entry.source, Source::Import { .. });
        for (position, _) in builder.functions.iter().enumerate().filter(|(_, entry)| is_import(entry)) {
            layout.functions[position] = take();
        }
        for (import, ty) in hosts {
            layout.hosts.insert(import, (take(), ty));
        }
        for (position, _) in builder.functions.iter().enumerate().filter(|(_, entry)| !is_import(entry)) {
            layout.functions[position] = take();
        }
        for (helper, ty) in helpers {
            layout.helpers.insert(helper, (take(), ty));
        }
        layout.start = start.map(|ty| (take(), ty));
        layout
    }

    /// The indices of a module that is not lowered: imports, this number of intrinsics, and functions. Also returns the
    /// index of the first intrinsic.
    pub(super) fn of_program(builder: &ModuleBuilder, intrinsics: u32) -> (Layout, u32) {
        let is_import = |entry: &&Entry| matches!(entry.source, Source::Import { .. });
        let first = builder.functions.iter().filter(is_import).count() as u32;
        let (mut imported, mut defined) = (0.., first + intrinsics..);
        let next = |entry: &Entry| if is_import(&entry) { imported.next() } else { defined.next() };
        let functions = builder.functions.iter().filter_map(next).collect();
        let (hosts, helpers) = (IndexMap::new(), IndexMap::new());
        // The addresses of static data do not matter: the module is analysed, not written.
        let statics = PlacedStatics::default();
        (Layout { functions, hosts, helpers, start: None, statics, missing: Missing::default() }, first)
    }

    /// The index of a function. If the frontend refers to a function that does not exist, the index is out of range,
    /// which validation rejects.
    pub(super) fn index(&self, function: FunctionRef) -> u32 {
        let index = match function {
            FunctionRef::Program(number) => self.functions.get(number as usize).copied(),
            FunctionRef::Helper(helper) => self.helpers.get(&helper).map(|(index, _)| *index),
            FunctionRef::Host(import) => self.hosts.get(&import).map(|(index, _)| *index),
            FunctionRef::Intrinsic(_) => None,
        };
        match function {
            FunctionRef::Program(_) => index.unwrap_or(NO_INDEX),
            _ => self.missing.check(index, || function.describe()),
        }
    }

    /// The error for a module that does not validate.
    fn not_valid(&self, error: &BinaryReaderError, bytes: Vec<u8>, builder: &ModuleBuilder) -> Error {
        let defined: Vec<(&String, &Lowered)> = builder
            .functions
            .iter()
            .filter_map(|entry| match &entry.source {
                Source::Declared { name, body: Some(body) } => Some((name, &body.lowered)),
                _ => None,
            })
            .collect();
        let name = |position: usize| defined.get(position).map(|(name, _)| (*name).clone());
        let line = |wrong: Wrong| {
            let (_, lowered) = defined.get(wrong.function)?;
            lowered.line_at(wrong.offset, |function| self.index(function)).cloned()
        };
        not_valid(error, bytes, name, line)
    }

    /// # Errors
    ///
    /// If linmem's code refers to an item that has no index.
    pub(super) fn check_indices(&self) -> Result<(), Error> {
        self.missing.error()
    }
}
