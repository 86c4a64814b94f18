//! Where a program starts: `_start`, or a function that the caller names.

use super::argument::{self, Argument};
use super::end::{End, Error, one_line};
use super::options::Invocation;
use super::state::State;
use super::value;
use crate::audit;
use crate::memory::GuestMemory;
use wasmtime::{ExternType, FuncType, Instance, Module, Store, Val, ValType};

/// The export that is called first, if there is one and `_start` is not called.
const INITIALIZE: &str = "_initialize";

/// The export that is called by default.
const START: &str = "_start";

/// The memory that texts are passed in.
const MEMORY: &str = "memory";

/// The function that allocates segments, if the module was linked with an exported allocator.
const ALLOCATE: &str = "linmem_allocate";

/// How many exports an error lists.
const LISTED: usize = 20;

/// An export to call, and its arguments.
pub(crate) struct Entry {
    initialize: bool,
    export: String,
    args: Vec<Argument>,
    results: usize,
}

impl Entry {
    /// The entry for a module; it has no reference to a store, so that it can be made before the program starts.
    ///
    /// # Errors
    ///
    /// If the function does not exist, or does not take these arguments.
    pub(crate) fn new(module: &Module, invocation: Option<&Invocation>) -> Result<Entry, Error> {
        let Some(call) = invocation else {
            return match function(module, START) {
                Some(ty) if is_plain(&ty) => {
                    Ok(Entry { initialize: false, export: START.to_string(), args: Vec::new(), results: 0 })
                }
                _ => Err(Error::NoStart { exports: format!("`--invoke` calls another one: {}", exports(module)) }),
            };
        };
        let Some(ty) = function(module, &call.export) else {
            return Err(Error::NoExport { call: call.clone(), exports: exports(module) });
        };
        let args =
            arguments(module, &ty, &call.args).map_err(|reason| Error::Arguments { call: call.clone(), reason })?;
        Ok(Entry {
            initialize: call.export != INITIALIZE && function(module, INITIALIZE).is_some_and(|ty| is_plain(&ty)),
            export: call.export.clone(),
            args,
            results: ty.results().len(),
        })
    }

    /// Calls the function.
    pub(crate) fn call(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<End> {
        if self.initialize {
            instance.get_typed_func::<(), ()>(&mut *store, INITIALIZE)?.call(&mut *store, ())?;
        }
        let function = instance
            .get_func(&mut *store, &self.export)
            .ok_or_else(|| wasmtime::format_err!("the export `{}` is not a function", self.export))?;
        let has_bytes = self.args.iter().any(|argument| matches!(argument, Argument::Bytes(..)));
        let memory = match has_bytes {
            true => Some(GuestMemory::new(&mut *store, instance, Some(MEMORY)).map_err(argument::failed)?),
            false => None,
        };
        let (mut args, mut owners) = (Vec::new(), Vec::new());
        for argument in &self.args {
            owners.push(argument.add_to(&mut args, &mut *store, memory.as_ref())?);
        }
        // The regions of the bytes stay open.
        audit::keep_open(store, |state: &mut State| &mut state.auditor);
        let mut results = vec![Val::I32(0); self.results];
        function.call(&mut *store, &args, &mut results)?;
        // The bytes are not freed: the function may have freed them, and the program ends here.
        drop(owners);
        Ok(End::Returned(results.iter().map(value::print).collect()))
    }
}

/// The type of an exported function.
fn function(module: &Module, name: &str) -> Option<FuncType> {
    match module.get_export(name)? {
        ExternType::Func(ty) => Some(ty),
        _ => None,
    }
}

fn is_plain(ty: &FuncType) -> bool {
    ty.params().len() == 0 && ty.results().len() == 0
}

/// The parameters and results of a function, as in the text format.
fn signature(ty: &FuncType) -> String {
    let list = |keyword: &str, types: Vec<String>| match types.is_empty() {
        true => String::new(),
        false => format!(" ({keyword} {})", types.join(" ")),
    };
    let params = list("param", ty.params().map(|ty| ty.to_string()).collect());
    params + &list("result", ty.results().map(|ty| ty.to_string()).collect())
}

/// A sentence that lists the exported functions with their types.
fn exports(module: &Module) -> String {
    let mut list: Vec<String> = module
        .exports()
        .filter_map(|export| match export.ty() {
            ExternType::Func(ty) => Some(format!("`{}`{}", one_line(export.name()), signature(&ty))),
            _ => None,
        })
        .collect();
    let more = list.len().saturating_sub(LISTED);
    list.truncate(LISTED);
    match (list.is_empty(), more) {
        (true, _) => "it does not export any function".to_string(),
        (false, 0) => format!("it exports {}", list.join(", ")),
        (false, more) => format!("it exports {} and {more} more functions", list.join(", ")),
    }
}

/// The arguments for the parameters of a function.
fn arguments(module: &Module, ty: &FuncType, texts: &[String]) -> Result<Vec<Argument>, String> {
    let params: Vec<ValType> = ty.params().collect();
    let address = match module.get_export(MEMORY) {
        Some(ExternType::Memory(ty)) => Some(if ty.is_64() { ValType::I64 } else { ValType::I32 }),
        _ => None,
    };
    let segment = match module.get_export(ALLOCATE) {
        Some(ExternType::Func(ty)) => ty.results().next(),
        _ => None,
    };
    let (mut arguments, mut given) = (Vec::with_capacity(texts.len()), 0);
    for (number, text) in (1..).zip(texts) {
        let rest = params.get(given..).unwrap_or_default();
        if rest.is_empty() {
            given += 1;
            continue;
        }
        let (argument, count) = argument::parse(text, rest, address.as_ref(), segment.as_ref())
            .map_err(|reason| format!("argument {number} of {}: {reason}", texts.len()))?;
        arguments.push(argument);
        given += count;
    }
    if given != params.len() {
        return Err(format!("the function takes {}, but {} given", count(params.len(), &signature(ty)), are(given)));
    }
    Ok(arguments)
}

fn count(number: usize, signature: &str) -> String {
    match number {
        0 => "no values".to_string(),
        1 => format!("1 value,{signature}"),
        _ => format!("{number} values,{signature}"),
    }
}

fn are(number: usize) -> String {
    match number {
        0 => "none are".to_string(),
        1 => "1 is".to_string(),
        _ => format!("{number} are"),
    }
}
