//! Resolves the imports of a module.

use crate::config::Config;
use crate::error::{Error, Place};
use crate::link::declared::DeclaredType;
use indexmap::IndexMap;
use linmem_intrinsics::{ArrayReference, Intrinsic, MODULE, Representation, Signature, Target, wasi};
use wasmparser::{Import, TypeRef};

/// How an imported function is handled.
#[derive(Clone, Debug)]
pub(crate) enum Fate<'a> {
    /// The import is kept.
    Kept {
        /// The module that it is imported from.
        module: &'a str,
        /// Its name in that module.
        name: &'a str,
    },
    /// The import is kept, with another module and name.
    Host {
        /// The module that it is imported from.
        module: String,
        /// Its name in that module.
        name: String,
    },
    /// The import is removed; calls to it are lowered.
    Intrinsic(Signature),
}

/// The type of segments, as an import of the program declares it.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    /// The import, as in messages.
    pub(super) import: String,
    /// The representation.
    pub(super) representation: Representation,
}

/// The functions that a module imports.
#[derive(Debug, Default)]
pub(crate) struct Imports<'a> {
    /// How each function is handled, by function index.
    functions: Vec<Fate<'a>>,
    /// The first import that uses segments: its name and its representation of segments.
    representation: Option<(String, Representation)>,
    from_linmem: bool,
    adds_units: bool,
    count: u32,
    /// The intrinsics that are imported, last first, if they are not found by their names and types.
    given: Option<Vec<Signature>>,
}

impl<'a> Imports<'a> {
    /// The imports from `linmem` are these intrinsics, in this order.
    pub(super) fn given(intrinsics: &[Signature]) -> Imports<'a> {
        Imports { given: Some(intrinsics.iter().rev().copied().collect()), ..Imports::default() }
    }

    /// The place of the import that is added next.
    pub(super) fn next_place(&self) -> Place {
        Place::Import(self.count)
    }

    /// Whether the imports from `linmem` are given, in a module that was built.
    pub(super) fn are_given(&self) -> bool {
        self.given.is_some()
    }

    /// Records that the module imports static data, or something from a module that could have static data.
    pub(super) fn has_statics(&mut self) {
        self.from_linmem = true;
    }

    /// The first import that uses segments, if any does.
    pub(super) fn declared(&self) -> Option<Declared> {
        let (name, representation) = self.representation.as_ref()?;
        Some(Declared { import: format!("`{MODULE}.{name}`"), representation: *representation })
    }

    /// Sets the representation of segments in a module whose intrinsics do not use segments.
    pub(super) fn declare(&mut self, declared: Declared) {
        self.representation = Some((declared.import, declared.representation));
    }

    /// Adds an import of any kind.
    pub(super) fn add(
        &mut self,
        import: &Import<'a>,
        ty: Option<DeclaredType<'_>>,
        config: &Config,
    ) -> Result<(), Error> {
        let place = self.next_place();
        self.count += 1;
        if import.module != MODULE {
            if ty.is_some() {
                self.functions.push(Fate::Kept { module: import.module, name: import.name });
            }
            return Ok(());
        }
        self.from_linmem = true;
        let Some(ty) = ty else {
            return Err(Error::WrongKind { name: import.name.to_string(), kind: kind(import.ty), place });
        };
        if let Some(signature) = self.given.as_mut().and_then(Vec::pop) {
            self.functions.push(Fate::Intrinsic(signature));
            return self.agree(import.name, signature, place);
        }
        // Even an invalid import counts as a function, so that later imports keep their indices.
        let resolved = self.resolve(import.name, ty, config, place);
        let fate = match &resolved {
            Ok(fate) => fate.clone(),
            Err(_) => Fate::Kept { module: import.module, name: import.name },
        };
        self.functions.push(fate);
        resolved.map(|_| ())
    }

    fn resolve(&mut self, name: &str, ty: DeclaredType<'_>, config: &Config, place: Place) -> Result<Fate<'a>, Error> {
        let declared = ty.function_type();
        let wrong_type = |possible| Error::WrongType {
            name: name.to_string(),
            declared: ty.print(),
            possible,
            place: place.clone(),
        };
        match config.names.get(name) {
            None => Err(Error::UnknownIntrinsic {
                name: name.to_string(),
                declared: ty.print(),
                suggestion: config.names.nearest(name).map(str::to_string),
                place,
            }),
            Some(Target::Host(function)) => match &function.ty {
                Some(expected) if *expected != declared => Err(wrong_type(vec![expected.clone()])),
                _ => Ok(Fate::Host { module: function.module.clone(), name: function.name.clone() }),
            },
            Some(Target::Intrinsic(intrinsic)) => {
                let signature = Signature::resolve(intrinsic, &declared).ok_or_else(|| {
                    let possible = Signature::possible(intrinsic);
                    wrong_type(possible.iter().map(Signature::function_type).collect())
                })?;
                self.agree(name, signature, place)?;
                Ok(Fate::Intrinsic(self.with_units(signature, ty)))
            }
        }
    }

    /// The signature, with the type of the arrays that strings are made of.
    fn with_units(&mut self, signature: Signature, declared: DeclaredType<'_>) -> Signature {
        if !signature.needs_array() {
            return signature;
        }
        let units = declared.units();
        self.adds_units |= units.index == declared.types.core_type_count_in_module();
        signature.with_array(ArrayReference { nullable: false, ty: units }).unwrap_or(signature)
    }

    /// Whether linmem adds the type of the arrays that strings are made of, immediately after the types of the module.
    pub(crate) fn adds_units(&self) -> bool {
        self.adds_units
    }

    /// Checks that an import uses the same representation of segments as the others.
    fn agree(&mut self, name: &str, signature: Signature, place: Place) -> Result<(), Error> {
        match (&self.representation, signature.representation) {
            (Some((first_name, first)), Some(declared)) if *first != declared => Err(Error::MixedRepresentations {
                name: name.to_string(),
                declared,
                first_name: first_name.clone(),
                first: *first,
                place,
            }),
            (None, Some(declared)) => {
                self.representation = Some((name.to_string(), declared));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether anything is imported from `linmem` or from its modules of static data.
    pub(crate) fn has_any(&self) -> bool {
        self.from_linmem
    }

    /// Whether an intrinsic is imported.
    pub(crate) fn has(&self, intrinsic: Intrinsic) -> bool {
        self.functions.iter().any(|fate| matches!(fate, Fate::Intrinsic(signature) if signature.intrinsic == intrinsic))
    }

    /// The representation of segments, if any import uses segments.
    pub(crate) fn representation(&self) -> Option<Representation> {
        self.representation.as_ref().map(|(_, representation)| *representation)
    }

    /// The number of imported functions.
    pub(crate) fn function_count(&self) -> u32 {
        self.functions.len() as u32
    }

    /// How each imported function is handled, by index.
    pub(crate) fn functions(&self) -> &[Fate<'a>] {
        &self.functions
    }

    /// The signature of the intrinsic, if the function is an imported intrinsic.
    pub(crate) fn intrinsic(&self, function: u32) -> Option<&Signature> {
        match self.functions.get(function as usize) {
            Some(Fate::Intrinsic(signature)) => Some(signature),
            _ => None,
        }
    }

    /// Whether a WASI function is imported directly. Hosts require such a module to export its memory, whichever
    /// function it is.
    pub(crate) fn uses_wasi(&self) -> bool {
        self.functions.iter().any(|fate| match fate {
            Fate::Kept { module, .. } => *module == wasi::MODULE,
            Fate::Host { module, .. } => *module == wasi::MODULE,
            Fate::Intrinsic(_) => false,
        })
    }

    /// Whether a function is known not to return.
    pub(crate) fn never_returns(&self, function: u32) -> bool {
        let is_exit = |module: &str, name: &str| module == "wasi_snapshot_preview1" && name == "proc_exit";
        match self.functions.get(function as usize) {
            Some(Fate::Kept { module, name }) => is_exit(module, name),
            Some(Fate::Host { module, name }) => is_exit(module, name),
            Some(Fate::Intrinsic(signature)) => signature.intrinsic == Intrinsic::Host(wasi::Function::ProcExit),
            None => false,
        }
    }

    /// Whether an imported function may throw an exception: neither an intrinsic nor a function of WASI does.
    pub(crate) fn may_throw(&self, function: u32) -> bool {
        match self.functions.get(function as usize) {
            Some(Fate::Kept { module, .. }) => *module != wasi::MODULE,
            Some(Fate::Host { module, .. }) => *module != wasi::MODULE,
            Some(Fate::Intrinsic(_)) | None => false,
        }
    }

    /// The imports that are kept, for reuse: `(module, name)` to the function index.
    pub(crate) fn kept(&self) -> IndexMap<(&str, &str), u32> {
        let mut kept = IndexMap::new();
        for (index, fate) in (0..).zip(&self.functions) {
            match fate {
                Fate::Kept { module, name } => kept.entry((*module, *name)).or_insert(index),
                Fate::Host { module, name } => kept.entry((module.as_str(), name.as_str())).or_insert(index),
                Fate::Intrinsic(_) => continue,
            };
        }
        kept
    }
}

/// The kind of an import in messages.
pub(super) fn kind(ty: TypeRef) -> &'static str {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}
