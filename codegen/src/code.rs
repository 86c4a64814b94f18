//! Finished code that still refers to functions symbolically, because the indices of the module are known last.

use crate::error::Error;
use crate::helpers::id::{Helper, HostImport};
use crate::statics::{PlacedStatics, StaticNumber, StaticSegment};
use indexmap::IndexSet;
use std::cell::RefCell;
use wasm_encoder::Encode;

/// A function that code refers to, before the indices of the finished module are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FunctionRef {
    /// A function of the program, by its index in the program.
    Program(u32),
    /// A function that linmem adds.
    Helper(Helper),
    /// A host function that linmem calls.
    Host(HostImport),
    /// An intrinsic in code that is not lowered, by its position among those of the function.
    Intrinsic(u32),
}

impl FunctionRef {
    /// Its name in messages.
    pub(crate) fn describe(self) -> String {
        match self {
            FunctionRef::Program(index) => format!("function {index} of the program"),
            FunctionRef::Helper(helper) => helper.name(),
            FunctionRef::Host(import) => format!("{}.{}", import.module(), import.name()),
            FunctionRef::Intrinsic(position) => format!("intrinsic {position} of a function"),
        }
    }
}

/// The first function or type without an index that code refers to. Code is written with [`NO_INDEX`] in its place, and
/// the writer checks for an error before it returns the code.
#[derive(Debug, Default)]
pub(crate) struct Missing(RefCell<Option<String>>);

/// An index that no module has.
pub(crate) const NO_INDEX: u32 = u32::MAX;

impl Missing {
    /// Returns an index, or [`NO_INDEX`] if there is none; `what` then names the missing item.
    pub(crate) fn check(&self, index: Option<u32>, what: impl FnOnce() -> String) -> u32 {
        index.unwrap_or_else(|| {
            self.0.borrow_mut().get_or_insert_with(what);
            NO_INDEX
        })
    }

    /// # Errors
    ///
    /// If an index was missing.
    pub(crate) fn error(&self) -> Result<(), Error> {
        match &*self.0.borrow() {
            Some(what) => Err(Error::Internal { message: format!("{what} has no index") }),
            None => Ok(()),
        }
    }
}

/// A place in finished code where the index of a function must be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relocation {
    /// The offset in the code, in bytes.
    pub(crate) at: usize,
    /// The bytes that the index replaces.
    pub(crate) replaces: usize,
    /// The function.
    pub(crate) target: FunctionRef,
}

/// A number that is assigned when a function is added to its module, or when the module is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// The number of a site, as the immediate of an `i32.const`; given by its position among the sites of the function.
    Site(u32),
    /// The type of a block; given by its position among the block types that the function requires.
    BlockType(u32),
    /// A number that depends on the address of static data. It is assigned when the module is finished.
    Static(StaticNumber),
}

/// Finished code, except for the indices of functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    /// Instructions.
    pub(crate) bytes: Vec<u8>,
    /// The offsets at which code of another line of the source begins, each with the position of the line in the list of
    /// the function.
    pub(crate) lines: Vec<(usize, u32)>,
    /// The offsets at which numbers must be inserted before anything else, in ascending order.
    pub(crate) numbers: Vec<(usize, Number)>,
    /// The places of function indices, in ascending order.
    pub(crate) relocations: Vec<Relocation>,
    /// For each label in the code, its index among the program's labels, if it is one of them.
    pub(crate) labels: Vec<Option<u32>>,
}

impl Code {
    /// Inserts the numbers that were assigned when the function was added to its module.
    pub(crate) fn assign(&mut self, first_site: u32, block_types: &[u32]) {
        self.insert(|number, bytes| {
            match number {
                Number::Site(position) => (first_site.wrapping_add(position) as i32).encode(bytes),
                Number::BlockType(position) => {
                    i64::from(block_types.get(position as usize).copied().unwrap_or(NO_INDEX)).encode(bytes);
                }
                Number::Static(_) => return false,
            }
            true
        });
    }

    /// Inserts the numbers that depend on the addresses of static data.
    pub(crate) fn place_statics(&mut self, placed: &PlacedStatics) {
        self.insert(|number, bytes| match number {
            Number::Static(number) => {
                placed.encode(number, bytes);
                true
            }
            Number::Site(_) | Number::BlockType(_) => false,
        });
    }

    /// Inserts the numbers that `write` writes. It returns `false` for numbers that are inserted later.
    fn insert(&mut self, mut write: impl FnMut(Number, &mut Vec<u8>) -> bool) {
        if self.numbers.is_empty() {
            return;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() + 2 * self.numbers.len());
        let mut cursor = 0;
        let mut relocations = self.relocations.iter_mut().peekable();
        let mut lines = self.lines.iter_mut().peekable();
        let mut later = Vec::new();
        for (at, number) in std::mem::take(&mut self.numbers) {
            // A function index at the same offset precedes the instruction that the number belongs to.
            while let Some(relocation) = relocations.next_if(|relocation| relocation.at < at) {
                relocation.at += bytes.len() - cursor;
            }
            while let Some(line) = lines.next_if(|line| line.0 < at) {
                line.0 += bytes.len() - cursor;
            }
            bytes.extend_from_slice(&self.bytes[cursor..at]);
            cursor = at;
            let position = bytes.len();
            if !write(number, &mut bytes) {
                later.push((position, number));
            }
        }
        for relocation in relocations {
            relocation.at += bytes.len() - cursor;
        }
        for line in lines {
            line.0 += bytes.len() - cursor;
        }
        bytes.extend_from_slice(&self.bytes[cursor..]);
        self.bytes = bytes;
        self.numbers = later;
    }
}

impl Code {
    /// The lines, each with the offset in the encoded instructions at which its code begins.
    pub(crate) fn line_offsets(&self, index: impl Fn(FunctionRef) -> u32) -> impl Iterator<Item = (usize, u32)> {
        let mut relocations = self.relocations.iter().peekable();
        let mut added = 0;
        let mut scratch = Vec::new();
        self.lines.iter().map(move |(at, line)| {
            while let Some(relocation) = relocations.next_if(|relocation| relocation.at < *at) {
                scratch.clear();
                index(relocation.target).encode(&mut scratch);
                added += scratch.len();
            }
            (at + added, *line)
        })
    }
}

impl Code {
    /// The offsets in the encoded instructions at which the indices of functions begin.
    pub(crate) fn function_offsets(&self, index: impl Fn(FunctionRef) -> u32) -> Vec<usize> {
        let mut moved = 0_isize;
        let mut scratch = Vec::new();
        let offset = |relocation: &Relocation| {
            let offset = relocation.at.saturating_add_signed(moved);
            scratch.clear();
            index(relocation.target).encode(&mut scratch);
            moved += scratch.len() as isize - relocation.replaces as isize;
            offset
        };
        self.relocations.iter().map(offset).collect()
    }
}

/// Appends code to `out`, with the indices of functions inserted.
pub(crate) fn relocate(code: &[u8], relocations: &[Relocation], index: impl Fn(FunctionRef) -> u32, out: &mut Vec<u8>) {
    let mut cursor = 0;
    for relocation in relocations {
        out.extend_from_slice(&code[cursor..relocation.at]);
        index(relocation.target).encode(out);
        cursor = relocation.at + relocation.replaces;
    }
    out.extend_from_slice(&code[cursor..]);
}

/// The segments that code uses as structures.
pub(crate) fn structures<'a>(codes: impl IntoIterator<Item = &'a Code>) -> IndexSet<StaticSegment> {
    let structure = |(_, number): &(usize, Number)| match number {
        Number::Static(StaticNumber::Global(segment)) => Some(*segment),
        _ => None,
    };
    codes.into_iter().flat_map(|code| &code.numbers).filter_map(structure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assigned_numbers_move_what_follows_them() {
        let relocation = |at| Relocation { at, replaces: 0, target: FunctionRef::Program(7) };
        let mut code = Code {
            bytes: vec![0x41, 0x10, 0x02, 0x0b],
            numbers: vec![(1, Number::Site(2)), (3, Number::BlockType(0))],
            relocations: vec![relocation(0), relocation(2), relocation(4)],
            lines: vec![(0, 0), (2, 1), (4, 2)],
            ..Code::default()
        };
        // 130 takes two bytes, as an `i32.const` and as a block type.
        code.assign(128, &[130]);
        assert_eq!(code.bytes, [0x41, 0x82, 0x01, 0x10, 0x02, 0x82, 0x01, 0x0b]);
        assert_eq!(code.relocations.iter().map(|relocation| relocation.at).collect::<Vec<_>>(), [0, 4, 8]);
        assert_eq!(code.lines, [(0, 0), (4, 1), (8, 2)]);
        assert!(code.numbers.is_empty());
    }

    #[test]
    fn addresses_of_static_data_are_inserted_last() {
        let segment = StaticSegment { item: 1, offset: 4, bytes: 3 };
        let number = |number| Number::Static(number);
        let mut code = Code {
            bytes: vec![0x41, 0x41, 0x10, 0x42, 0x23],
            numbers: vec![
                (1, Number::Site(0)),
                (2, number(StaticNumber::Address(segment))),
                (4, number(StaticNumber::Packed(segment))),
                (5, number(StaticNumber::Global(segment))),
            ],
            relocations: vec![Relocation { at: 3, replaces: 0, target: FunctionRef::Program(7) }],
            lines: vec![(1, 0), (4, 1)],
            ..Code::default()
        };
        code.assign(128, &[]);
        assert_eq!(code.bytes, [0x41, 0x80, 0x01, 0x41, 0x10, 0x42, 0x23]);
        code.place_statics(&PlacedStatics {
            addresses: vec![8, 1020],
            globals: [(segment, 200)].into_iter().collect(),
        });
        // 1024 in two bytes, 3 * 2^32 + 1024 in five, and 200 in two.
        assert_eq!(
            code.bytes,
            [0x41, 0x80, 0x01, 0x41, 0x80, 0x08, 0x10, 0x42, 0x80, 0x88, 0x80, 0x80, 0x30, 0x23, 0xc8, 0x01]
        );
        assert_eq!(code.relocations[0].at, 7);
        // Both lines begin with the instruction that follows a number.
        assert_eq!(code.lines, [(3, 0), (13, 1)]);
        assert!(code.numbers.is_empty());
    }

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
