//! Where a program starts: `_start`, or a function that the caller names.

use super::end::{End, Error, one_line};
use super::options::Invocation;
use super::state::State;
use super::value;
use wasmtime::{ExternType, FuncType, Instance, Module, Store, Val};

/// The export that is called first, if there is one and `_start` is not called.
const INITIALIZE: &str = "_initialize";

/// The export that is called by default.
const START: &str = "_start";

/// How many exports an error lists.
const LISTED: usize = 20;

/// An export to call, and its arguments.
pub(crate) struct Entry {
    initialize: bool,
    export: String,
    args: Vec<Val>,
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
        let args = arguments(&ty, &call.args).map_err(|reason| Error::Arguments { call: call.clone(), reason })?;
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
        let mut results = vec![Val::I32(0); self.results];
        function.call(&mut *store, &self.args, &mut results)?;
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

/// The values of the arguments.
fn arguments(ty: &FuncType, texts: &[String]) -> Result<Vec<Val>, String> {
    let (expected, given) = (ty.params().len(), texts.len());
    if expected != given {
        return Err(format!("the function takes {}, but {} given", count(expected, &signature(ty)), are(given)));
    }
    let mut values = Vec::with_capacity(given);
    for (number, (ty, text)) in (1..).zip(ty.params().zip(texts)) {
        values.push(value::parse(text, &ty).map_err(|reason| format!("argument {number} of {given}: {reason}"))?);
    }
    Ok(values)
}

fn count(number: usize, signature: &str) -> String {
    match number {
        0 => "no arguments".to_string(),
        1 => format!("1 argument,{signature}"),
        _ => format!("{number} arguments,{signature}"),
    }
}

fn are(number: usize) -> String {
    match number {
        0 => "none are".to_string(),
        1 => "1 is".to_string(),
        _ => format!("{number} are"),
    }
}
