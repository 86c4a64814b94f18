//! What runtimes say about their memory by the names of globals.
//!
//! LLVM's linker exports or names `__stack_pointer`, `__stack_low`, `__data_end` and `__heap_base`, the last three only if the
//! program uses them; AssemblyScript has globals with these names in the file `~lib/memory`. The initial value of the stack
//! pointer is the end of a stack that grows down.

use crate::link::input::Input;
use std::collections::BTreeMap;
use wasmparser::{ExternalKind, Name, Operator};

/// The addresses that the program names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Conventions {
    /// The end of the stack.
    pub(super) stack: Option<u64>,
    /// The start of the stack.
    pub(super) stack_low: Option<u64>,
    /// The end of static data, which includes data that is zero.
    pub(super) data_end: Option<u64>,
    /// The start of the heap.
    pub(super) heap: Option<u64>,
}

impl Conventions {
    pub(super) fn of(input: &Input<'_>) -> Conventions {
        let names = names(input);
        let value = |name: &str| {
            let of_name =
                |known: &&str| **known == *name || known.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'));
            let index = names.iter().find(|(known, _)| of_name(known)).map(|(_, index)| *index)?;
            constant(input, index)
        };
        Conventions {
            stack: value("__stack_pointer"),
            stack_low: value("__stack_low"),
            data_end: value("__data_end"),
            heap: value("__heap_base"),
        }
    }
}

/// The indices of globals, by their export names and the names in the name section.
fn names<'a>(input: &'a Input<'_>) -> BTreeMap<&'a str, u32> {
    let mut names = BTreeMap::new();
    for subsection in &input.names {
        if let Name::Global(map) = subsection {
            for naming in map.clone().into_iter().map_while(Result::ok) {
                names.entry(naming.name).or_insert(naming.index);
            }
        }
    }
    let exports = input.exports.iter().filter(|export| export.kind == ExternalKind::Global);
    names.extend(exports.map(|export| (export.name, export.index)));
    names
}

/// The initial value of a defined global, if it is one constant.
fn constant(input: &Input<'_>, global: u32) -> Option<u64> {
    let position = global.checked_sub(input.imported_global_count)?;
    let mut operators = input.global_values.get(position as usize)?.get_operators_reader().into_iter();
    let value = match operators.next()?.ok()? {
        Operator::I32Const { value } => u64::from(value as u32),
        Operator::I64Const { value } => value as u64,
        _ => return None,
    };
    matches!(operators.next()?.ok()?, Operator::End).then_some(value)
}
