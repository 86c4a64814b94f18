//! What linmem adds to a module, and the indices that a module writer assigns.

/// The first of the reserved indices of functions, globals and memories: far more than a module can have.
pub(super) const VIRTUAL: u32 = 0x7000_0000;

/// The first of the reserved indices of types, of which a module can have a million.
pub(super) const FIRST_TYPE: u32 = 999_000;

/// Something that linmem adds to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Item {
    /// The memory.
    Memory,
    /// A global, by its position in [`Parts::globals`](crate::build::Parts::globals).
    Global(u32),
    /// An imported function, by its position in [`Parts::imports`](crate::build::Parts::imports).
    Import(u32),
    /// A function, by its position in [`Parts::functions`](crate::build::Parts::functions).
    Function(u32),
    /// A type of the recursion group of [`Parts::types`](crate::build::Parts::types), by its position in it.
    Type(u32),
    /// A function type with no parameters, by its position in [`Parts::block_types`](crate::build::Parts::block_types).
    BlockType(u32),
}

/// The indices that a module writer assigned.
///
/// The writer's own functions, types and so on keep the numbers that it used in instructions, unless it maps them.
pub trait Indices {
    /// The index of an item that linmem adds.
    fn item(&self, item: Item) -> u32;

    /// The index of a function, by the number that the writer used in instructions.
    fn function(&self, number: u32) -> u32 {
        number
    }

    /// The index of a global, in the same way.
    fn global(&self, number: u32) -> u32 {
        number
    }

    /// The index of a type, in the same way. The numbers from 999,000 on are reserved.
    fn ty(&self, number: u32) -> u32 {
        number
    }

    /// The index of a memory, in the same way.
    fn memory(&self, number: u32) -> u32 {
        number
    }

    /// The index of a table, in the same way.
    fn table(&self, number: u32) -> u32 {
        number
    }

    /// The index of a tag, in the same way.
    fn tag(&self, number: u32) -> u32 {
        number
    }

    /// The index of a data segment, in the same way.
    fn data(&self, number: u32) -> u32 {
        number
    }

    /// The index of an element segment, in the same way.
    fn element(&self, number: u32) -> u32 {
        number
    }
}
