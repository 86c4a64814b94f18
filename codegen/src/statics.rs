//! Static data in code: segments whose addresses are assigned when the module is finished.

use crate::choices::Choices;
use crate::segment::{SegmentTypes, Segments};
use crate::start::WORD;
use crate::width::{PointerInstructions, WIDTH};
use indexmap::IndexMap;
use linmem_allocator::Address;
use linmem_allocator::layout::{ALIGNMENT, Layout};
use linmem_allocator::statics::{Contents, Item, Options, Sharing};
use wasm_encoder::{Encode, InstructionSink};

/// The initial contents of an item of static data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Initial {
    /// A constant.
    Bytes(Vec<u8>),
    /// A reservation.
    Zeros {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size: u32,
    },
}

impl Initial {
    /// The item, for the planner.
    pub(crate) fn item(&self, alignment: u32) -> Item<'_> {
        let contents = match self {
            Initial::Bytes(bytes) => Contents::Bytes(bytes),
            Initial::Zeros { name, size } => Contents::Zeros { name, size: u64::from(*size) },
        };
        Item { contents, alignment: u64::from(alignment), address: None }
    }
}

/// Where static data can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) start: Address,
    pub(crate) end: Address,
    pub(crate) kind: Kind,
}

/// What is in an area beside static data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Home, whose header precedes static data, in a memory that can get a larger minimum.
    Home,
    /// Nothing, in a memory that can get a larger minimum.
    Alone,
    /// Home, whose header precedes static data, and which ends where it is.
    Base,
    /// The word that the instances of the module agree by, in a memory that they share.
    Instances,
}

impl Area {
    /// The first address of static data.
    pub(crate) fn base(self) -> Address {
        let header = u64::from(Layout::of(WIDTH).chunk_header());
        self.start
            + match self.kind {
                Kind::Home | Kind::Base => header,
                Kind::Alone => 0,
                Kind::Instances => WORD,
            }
    }

    /// The options of the planner, for the memory with an index.
    pub(crate) fn options(self, memory: u32, sharing: Sharing, choices: Choices) -> Options {
        let after = match self.kind {
            Kind::Home | Kind::Base => u64::from(Layout::of(WIDTH).chunk_header() + choices.reserve(WIDTH) + ALIGNMENT),
            Kind::Alone | Kind::Instances => 0,
        };
        let (base, end) = (self.base(), self.end.saturating_sub(after));
        Options { memory, sharing, ..Options::new(WIDTH, base, end.max(base)) }
    }
}

/// A segment over an item of static data, or over a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StaticSegment {
    /// The number of the item.
    pub(crate) item: u32,
    /// The offset of the part in bytes.
    pub(crate) offset: u32,
    /// The size of the part in bytes.
    pub(crate) bytes: u32,
}

impl StaticSegment {
    /// A part of the segment, if it is inside of it.
    pub(crate) fn part(self, offset: u32, bytes: u32) -> Option<StaticSegment> {
        let is_inside = u64::from(offset) + u64::from(bytes) <= u64::from(self.bytes);
        is_inside.then(|| StaticSegment { offset: self.offset + offset, bytes, ..self })
    }
}

/// A number that depends on the address of static data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StaticNumber {
    /// The start address of a segment, as the immediate of an `i32.const`.
    Address(StaticSegment),
    /// The start address of a segment, as the offset in a memory argument.
    Offset(StaticSegment),
    /// A packed segment, as the immediate of an `i64.const`.
    Packed(StaticSegment),
    /// The index of the global that holds a segment as a structure.
    Global(StaticSegment),
}

impl StaticNumber {
    /// A segment as a constant.
    pub(crate) fn of(segment: StaticSegment, segments: Segments) -> StaticNumber {
        match segments {
            Segments::Address => StaticNumber::Address(segment),
            Segments::Packed => StaticNumber::Packed(segment),
            Segments::Reference(_) => StaticNumber::Global(segment),
        }
    }
}

/// The addresses of static data.
#[derive(Debug, Default)]
pub(crate) struct PlacedStatics {
    /// The address of each item. They are below 2^32.
    pub(crate) addresses: Vec<Address>,
    /// The index of the global that holds a segment as a structure.
    pub(crate) globals: IndexMap<StaticSegment, u32>,
}

impl PlacedStatics {
    /// The start address of a segment. Only the items of the module are referred to.
    pub(crate) fn address(&self, segment: StaticSegment) -> u32 {
        let start = self.addresses.get(segment.item as usize).copied().unwrap_or_default();
        (start as u32).wrapping_add(segment.offset)
    }

    /// The segment as a constant `i64`.
    pub(crate) fn packed(&self, segment: StaticSegment) -> i64 {
        crate::segment::packed::constant(self.address(segment), segment.bytes)
    }

    /// The instructions of a constant expression of this number. `types` are those of structures, if segments are.
    pub(crate) fn constant(&self, number: StaticNumber, types: Option<SegmentTypes>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut sink = InstructionSink::new(&mut bytes);
        match (number, types) {
            (StaticNumber::Global(segment), Some(types)) => return self.structure(segment, types),
            (StaticNumber::Global(segment) | StaticNumber::Address(segment) | StaticNumber::Offset(segment), _) => {
                sink.i32_const(self.address(segment) as i32)
            }
            (StaticNumber::Packed(segment), _) => sink.i64_const(self.packed(segment)),
        };
        bytes
    }

    /// The instructions of a constant expression that makes the segment as a structure.
    pub(crate) fn structure(&self, segment: StaticSegment, types: SegmentTypes) -> Vec<u8> {
        let mut bytes = Vec::new();
        let sink = &mut InstructionSink::new(&mut bytes);
        sink.ptr_const(types.width(), u64::from(self.address(segment)));
        Segments::Reference(types).make_constant(sink, segment.bytes, |sink| {
            if types.has_regions() {
                types.new_open_region(sink);
            }
        });
        bytes
    }

    /// Encodes a number.
    pub(crate) fn encode(&self, number: StaticNumber, out: &mut Vec<u8>) {
        match number {
            StaticNumber::Address(segment) => (self.address(segment) as i32).encode(out),
            StaticNumber::Offset(segment) => self.address(segment).encode(out),
            StaticNumber::Packed(segment) => self.packed(segment).encode(out),
            StaticNumber::Global(segment) => self.globals.get(&segment).copied().unwrap_or(u32::MAX).encode(out),
        }
    }
}
