//! The description of how a module uses its memories.

use crate::image::{Import, Verdict, Width};

/// How a module uses its memories.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleLayout {
    /// The memories, by their index.
    pub memories: Vec<MemoryLayout>,
    /// Whether an engine can initialize the memories from images, and what prevents it.
    pub verdict: Verdict,
    /// The frames of functions, the function with the most bytes first.
    pub frames: Vec<FunctionFrames>,
}

/// How a module uses one memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryLayout {
    /// Its export name, else its name in the name section.
    pub name: Option<String>,
    /// The names of its import; `None` if the module defines it.
    pub import: Option<Import>,
    /// Whether it is shared between threads.
    pub shared: bool,
    /// The type of its addresses.
    pub width: Width,
    /// Its minimum size in bytes, at most 2^64 - 1.
    pub minimum: u64,
    /// Its maximum size in bytes, at most 2^64 - 1; `None` if it has none.
    pub maximum: Option<u64>,
    /// Whether linmem's segments are in it.
    pub has_segments: bool,
    /// The sum of the sizes of its active data segments whose addresses are known.
    pub data: u64,
    /// The bytes from the first to the last of them.
    pub span: u64,
    /// The number of bytes that the start function copies from passive data segments.
    pub copied: u64,
    /// The areas, in ascending order. They do not overlap.
    pub areas: Vec<Area>,
}

/// A range of addresses with one use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Area {
    /// The first address.
    pub start: u64,
    /// The address after the last one; `None` if the area ends where the memory will end.
    pub end: Option<u64>,
    /// Its use.
    pub kind: AreaKind,
    /// Its use in words.
    pub label: String,
    /// The items of static data in it, or the static frames, in ascending order. Constants that share bytes overlap, and so do
    /// frames of functions that are never active at the same time.
    pub items: Vec<StaticItem>,
}

/// An item of static data, a constant or a reservation; or the static frame of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaticItem {
    /// Its address.
    pub start: u64,
    /// Its size in bytes, at least 1.
    pub size: u64,
    /// Its text, its bytes or its name, shortened if it is long. For a frame, the name of the function or its index in the
    /// input.
    pub label: String,
}

/// The use of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AreaKind {
    /// Addresses that are not handed out, so that no segment starts at address 0.
    Null,
    /// Data that active segments or the start function write, and static data.
    Data,
    /// A stack of the program, if its start is known.
    Stack,
    /// What the program allocates.
    Heap,
    /// The static frames of functions: see [`StaticFrames`](crate::StaticFrames).
    Frames,
    /// A chunk of linmem's.
    Chunk,
    /// Where linmem will have further chunks.
    Growth,
    /// Memory that belongs to the program, or whose use is unknown.
    Program,
}

impl AreaKind {
    /// All of them.
    pub const ALL: [AreaKind; 8] = [
        AreaKind::Null,
        AreaKind::Data,
        AreaKind::Stack,
        AreaKind::Heap,
        AreaKind::Frames,
        AreaKind::Chunk,
        AreaKind::Growth,
        AreaKind::Program,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            AreaKind::Null => "null",
            AreaKind::Data => "data",
            AreaKind::Stack => "stack",
            AreaKind::Heap => "heap",
            AreaKind::Frames => "frames",
            AreaKind::Chunk => "chunk",
            AreaKind::Growth => "growth",
            AreaKind::Program => "program",
        }
    }
}

/// The frames of one function: the allocations of constant size that it reserves together when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionFrames {
    /// The name of the function, or its index in the input.
    pub function: String,
    /// The size of each frame in bytes.
    pub bytes: Vec<u32>,
}

impl FunctionFrames {
    /// The sum of their sizes.
    pub fn total(&self) -> u64 {
        self.bytes.iter().map(|bytes| u64::from(*bytes)).sum()
    }
}
