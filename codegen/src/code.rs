//! Finished code whose calls still name functions: the indices of the module are known last.

use crate::error::Error;
use crate::helpers::id::{Helper, HostImport};
use std::cell::RefCell;
use wasm_encoder::Encode;

/// A function that code refers to, before the indices of the finished module are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FunctionRef {
    /// A function of the program, by the index that the program has it under.
    Program(u32),
    /// A function of linmem's.
    Helper(Helper),
    /// A function of the host that linmem calls.
    Host(HostImport),
}

impl FunctionRef {
    /// What messages call it.
    pub(crate) fn describe(self) -> String {
        match self {
            FunctionRef::Program(index) => format!("function {index} of the program"),
            FunctionRef::Helper(helper) => helper.name(),
            FunctionRef::Host(import) => format!("{}.{}", import.module(), import.name()),
        }
    }
}

/// The first function or type that code refers to and that has no index. Code is written with [`NO_INDEX`] in its place, and
/// whoever writes it looks here before it is given out.
#[derive(Debug, Default)]
pub(crate) struct Missing(RefCell<Option<String>>);

/// An index that no module has.
pub(crate) const NO_INDEX: u32 = u32::MAX;

impl Missing {
    /// An index, or what stands in its place; `what` names what has none.
    pub(crate) fn check(&self, index: Option<u32>, what: impl FnOnce() -> String) -> u32 {
        index.unwrap_or_else(|| {
            self.0.borrow_mut().get_or_insert_with(what);
            NO_INDEX
        })
    }

    /// # Errors
    ///
    /// If something had no index.
    pub(crate) fn error(&self) -> Result<(), Error> {
        match &*self.0.borrow() {
            Some(what) => Err(Error::Internal { message: format!("{what} has no index") }),
            None => Ok(()),
        }
    }
}

/// A place in finished code where the index of a function belongs. Nothing stands there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relocation {
    /// The offset in the code, in bytes.
    pub(crate) at: usize,
    /// The bytes that the index replaces.
    pub(crate) replaces: usize,
    /// Whose index.
    pub(crate) target: FunctionRef,
}

/// Finished code, but for the indices of functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    /// Instructions.
    pub(crate) bytes: Vec<u8>,
    /// Where indices of functions belong, in ascending order.
    pub(crate) relocations: Vec<Relocation>,
    /// For each label in the code, its number among the program's, if it is one of them.
    pub(crate) labels: Vec<Option<u32>>,
}

/// Writes code with the indices of functions put in, as the body's code or behind other bytes.
pub(crate) fn relocate(code: &[u8], relocations: &[Relocation], index: impl Fn(FunctionRef) -> u32, out: &mut Vec<u8>) {
    let mut cursor = 0;
    for relocation in relocations {
        out.extend_from_slice(&code[cursor..relocation.at]);
        index(relocation.target).encode(out);
        cursor = relocation.at + relocation.replaces;
    }
    out.extend_from_slice(&code[cursor..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_function_without_an_index_is_named() {
        let missing = Missing::default();
        assert_eq!(missing.check(Some(7), String::new), 7);
        assert_eq!(missing.error(), Ok(()));
        let helper = FunctionRef::Helper(Helper::FindHome);
        assert_eq!(missing.check(None, || helper.describe()), NO_INDEX);
        assert_eq!(missing.check(None, || FunctionRef::Program(3).describe()), NO_INDEX);
        let error = missing.error().expect_err("two have none");
        assert_eq!(error.to_string(), "internal error: linmem.find_home has no index; this is a bug in linmem");
    }
}
