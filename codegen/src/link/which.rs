//! Finds the memory that segments are in.

use crate::config::Config;
use crate::error::Error;
use crate::link::input::Input;
use crate::setting::Setting;
use std::collections::BTreeSet;
use wasmparser::{ExternalKind, Name, TypeRef};

/// The export name of the memory that WASI hosts require, and that is the convention elsewhere.
pub(super) const EXPORT: &str = "memory";

/// The index of the memory: the one that the options name, else the one exported as `memory`, else the first one.
///
/// # Errors
///
/// If the options name no memory, or more than one.
pub(super) fn memory(input: &Input<'_>, config: &Config) -> Result<u32, Error> {
    match &config.memory {
        Some(name) => named(input, name),
        None => Ok(exports(input).find(|(name, _)| *name == EXPORT).map_or(0, |(_, index)| index)),
    }
}

/// A name is that of an export, that of an import, with or without its module, that in the name section, or an index. The
/// first of these that a memory has decides.
fn named(input: &Input<'_>, name: &str) -> Result<u32, Error> {
    let sources: [Vec<u32>; 4] = [
        exports(input).filter(|(export, _)| *export == name).map(|(_, index)| index).collect(),
        imports(input)
            .filter(|(module, import, _)| *import == name || name.strip_prefix(module) == Some(&format!(".{import}")))
            .map(|(_, _, index)| index)
            .collect(),
        names(input).filter(|(given, _)| *given == name).map(|(_, index)| index).collect(),
        name.parse().ok().into_iter().collect(),
    ];
    let fail = |message: String| Err(Error::option(Setting::memory(name), &message));
    for found in sources {
        let found: BTreeSet<u32> = found.into_iter().filter(|index| *index < input.memory_count).collect();
        match found.iter().collect::<Vec<_>>()[..] {
            [] => {}
            [one] => return Ok(*one),
            _ => return fail(format!("the name is that of several memories; the module has {}", list(input))),
        }
    }
    fail(format!("the memory does not exist; the module has {}", list(input)))
}

/// The memories of the module, in words.
fn list(input: &Input<'_>) -> String {
    const SHOWN: u32 = 8;
    let describe = |memory: u32| {
        let export = exports(input).find(|(_, index)| *index == memory);
        let import = imports(input).find(|(_, _, index)| *index == memory);
        match (export, import) {
            (Some((name, _)), _) => format!("memory {memory} (exported as `{name}`)"),
            (None, Some((module, name, _))) => format!("memory {memory} (imported from `{module}.{name}`)"),
            (None, None) => format!("memory {memory}"),
        }
    };
    let mut shown: Vec<String> = (0..input.memory_count.min(SHOWN)).map(describe).collect();
    if input.memory_count > SHOWN {
        shown.push(format!("{} more", input.memory_count - SHOWN));
    }
    shown.join(", ")
}

fn exports<'a>(input: &'a Input<'_>) -> impl Iterator<Item = (&'a str, u32)> {
    let memories = input.exports.iter().filter(|export| export.kind == ExternalKind::Memory);
    memories.map(|export| (export.name, export.index))
}

/// The module, the name and the index of each imported memory.
fn imports<'a>(input: &'a Input<'_>) -> impl Iterator<Item = (&'a str, &'a str, u32)> {
    let memories = input.import_list.iter().filter(|import| matches!(import.ty, TypeRef::Memory(_)));
    memories.zip(0..).map(|(import, index)| (import.module, import.name, index))
}

/// The names of memories in the name section.
fn names<'a>(input: &'a Input<'_>) -> impl Iterator<Item = (&'a str, u32)> {
    let maps = input.names.iter().filter_map(|subsection| match subsection {
        Name::Memory(map) => Some(map.clone()),
        _ => None,
    });
    maps.flat_map(|map| map.into_iter().map_while(Result::ok)).map(|naming| (naming.name, naming.index))
}
