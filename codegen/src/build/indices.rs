//! What linmem adds to a module, and the indices that a module writer assigns.

/// The first of the reserved indices of functions, globals and memories: far more than a module can have.
pub(super) const VIRTUAL: u32 = 0x7000_0000;

/// The first of the reserved indices of types, of which a module can have a million.
pub(super) const FIRST_TYPE: u32 = 999_000;

/// Something that linmem adds to a module.
///
/// The enum is exhaustive, so that a match needs no wildcard arm: a writer must assign an index to every item, and if a
/// version of linmem adds a kind of item, a writer that does not know it must fail to compile, not write a wrong index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
/// [`Parts::add_to`](crate::build::Parts::add_to) assigns them for a writer that uses wasm-encoder's sections. Other
/// writers implement this trait:
///
/// ```
/// use linmem_codegen::build::{Indices, Item};
///
/// /// Functions: those that linmem imports, those of the frontend, and those that linmem adds. The other index spaces
/// /// begin with what linmem adds.
/// struct Layout {
///     imports: u32,
///     functions: u32,
///     group: u32,
/// }
///
/// impl Indices for Layout {
///     fn item(&self, item: Item) -> u32 {
///         match item {
///             Item::Memory => 0,
///             Item::Import(position) => position,
///             Item::Function(position) => self.imports + self.functions + position,
///             Item::Global(position) | Item::Type(position) => position,
///             Item::BlockType(position) => self.group + position,
///         }
///     }
///
///     fn function(&self, number: u32) -> u32 {
///         self.imports + number
///     }
/// }
/// ```
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
