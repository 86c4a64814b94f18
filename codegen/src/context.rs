//! The facts about a module that lowering depends on.

use crate::choices::Choices;
use crate::config::Config;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::val_type;
use crate::segment::Segments;
use crate::width::{PointerType, WIDTH};
use linmem_allocator::layout::{self, Address, Layout};
use linmem_allocator::{Width, growth};
use linmem_intrinsics::{Operand, Representation, Safety, Signature};
use wasm_encoder::{MemArg, RefType, ValType};

/// The source of home, the first chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// It is reserved when the module is generated.
    Reserved {
        /// The address of its header.
        start: Address,
        /// The first address that is allocated: that behind the header, and behind static data.
        top: Address,
        /// The address after it.
        end: Address,
        /// Whether the header contains zeros when the module starts.
        zeroed: bool,
    },
    /// It is found when the first region is opened, so opening a region must check for it.
    Found {
        /// A global that holds the address from which linmem may use all memory up to `end`. `None` if memory is grown
        /// for home.
        base: Option<(GlobalIndex, Address)>,
    },
}

impl Home {
    /// Reserves home from `base` to `end`, if there is room for an allocation.
    pub(crate) fn reserved(base: Address, end: Address, zeroed: bool, choices: Choices) -> Option<Home> {
        let start = layout::align_up(base, u64::from(layout::ALIGNMENT));
        let header = Layout::of(WIDTH).chunk_header();
        let fits = start + u64::from(header + choices.reserve(WIDTH)) <= end;
        fits.then_some(Home::Reserved { start, top: start + u64::from(header), end, zeroed })
    }

    /// Reserves home from `base` in a memory that linmem defines. Its header may be followed by static data, which ends
    /// at `data_end`. Also returns the initial size of that memory in pages.
    pub(crate) fn in_new_memory(base: Address, data_end: Option<Address>, choices: Choices) -> Option<(Home, u64)> {
        let layout = Layout::of(WIDTH);
        let header = u64::from(layout.chunk_header());
        let first = data_end.map_or(base + header, |end| layout::align_up(end, u64::from(layout::ALIGNMENT)));
        let needed = first + header + u64::from(choices.reserve(WIDTH));
        let pages = growth::pages(needed).max(1);
        let end = (pages * u64::from(layout::PAGE)).min(layout.ceiling());
        let mut home = Home::reserved(base, end, true, choices)?;
        if let Home::Reserved { top, .. } = &mut home {
            *top = first.max(*top);
        }
        Some((home, pages))
    }

    /// The address of the header, if it is known when the module is generated.
    pub(crate) fn start(self) -> Option<Address> {
        match self {
            Home::Reserved { start, .. } => Some(start),
            Home::Found { .. } => None,
        }
    }

    /// The number of pages that linmem owns when the module starts.
    pub(crate) fn pages(self) -> u64 {
        match self {
            Home::Reserved { start, end, .. } => growth::pages(end - start),
            Home::Found { .. } => 0,
        }
    }
}

/// The source of memory that was not reserved when the module was generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    /// `memory.grow`, in a memory that others grow, too.
    Grow,
    /// `memory.grow`, in a memory that nobody else grows: there is one chunk, which each growth continues.
    Contiguous,
    /// `memory.grow`, above the program's part.
    Split(Split),
    /// A function of the program.
    Allocator(Allocator),
}

impl Growth {
    /// The source of further memory, in a memory that linmem defines.
    pub(crate) fn of_own(config: &Config) -> Growth {
        if config.own_memory { Growth::Contiguous } else { Growth::Grow }
    }
}

/// A memory whose lower part belongs to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// The requested size of the lower part in pages.
    pub(crate) pages: u32,
    /// The number of pages that the program has at first, if the memory is split from the start because there is static
    /// data above the split. `None` if linmem splits the memory when it needs its first page.
    pub(crate) fixed: Option<u32>,
    /// The maximum that the program declared for its memory, in pages.
    pub(crate) maximum: Option<u32>,
}

/// A function of the program that allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allocator {
    /// Its index in the program.
    pub(crate) function: u32,
    /// Its signature and fixed arguments.
    pub(crate) convention: Convention,
    /// The function that each result is passed to.
    pub(crate) pin: Option<u32>,
}

/// The signature and fixed arguments of a function that allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Convention {
    /// `malloc (bytes)`.
    Malloc,
    /// `__new (bytes, 0)` of AssemblyScript.
    New,
    /// `cabi_realloc (0, 0, 8, bytes)`.
    Realloc,
}

/// The facts about a module that lowering depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// The representation of segments.
    pub(crate) representation: Representation,
    /// The options of the module.
    pub(crate) choices: Choices,
    /// The memory that segments are in.
    pub(crate) memory: MemoryIndex,
    /// The width of that memory's addresses.
    pub(crate) width: Width,
    /// The first of linmem's globals.
    pub(crate) first_global: GlobalIndex,
    /// The source of the first chunk.
    pub(crate) home: Home,
    /// The source of further memory.
    pub(crate) growth: Growth,
    /// Whether the module keeps the errno of the last lifted call.
    pub(crate) keeps_errno: bool,
    /// The memory that shadows this one, if accesses are traced.
    pub(crate) trace: Option<MemoryIndex>,
    /// How segments are encoded.
    pub(crate) segments: Segments,
}

impl Context {
    /// The width of addresses, sizes and offsets in the memory.
    pub(crate) fn width(&self) -> Width {
        self.width
    }

    /// The layout of headers and the ceiling of chunks.
    pub(crate) fn layout(&self) -> Layout {
        Layout::of(self.width)
    }

    /// A number that top is never below. The first chunk is the lowest one, unless it is found when the program runs or the
    /// program provides chunks.
    pub(crate) fn lowest_top(&self) -> Address {
        match (self.home, self.growth) {
            (Home::Found { .. }, _) | (_, Growth::Allocator(_)) => 0,
            (Home::Reserved { start, .. }, _) => start + u64::from(self.layout().chunk_header()),
        }
    }

    /// The number of bytes at the end of each chunk that are reserved for a region's header.
    pub(crate) fn reserve(&self) -> u32 {
        self.choices.reserve(self.width)
    }

    /// The number of pages that the program has at first, if the memory is split from the start.
    pub(crate) fn fixed_pages(&self) -> Option<u32> {
        match self.growth {
            Growth::Split(split) => split.fixed,
            Growth::Grow | Growth::Contiguous | Growth::Allocator(_) => None,
        }
    }

    /// Whether the program's `memory.size` and `memory.grow` of a memory become calls of helpers.
    pub(crate) fn counts_pages_of(&self, memory: u32) -> bool {
        matches!(self.growth, Growth::Split(_)) && memory == self.memory.0
    }

    /// Whether segments refer to their region: if they are references whose uses are checked.
    pub(crate) fn has_scopes(&self) -> bool {
        self.segments.types().is_some_and(|types| types.has_regions())
    }

    /// Whether accesses are checked against the sizes of their segments.
    pub(crate) fn checks_bounds(&self) -> bool {
        self.choices.safety >= Safety::Spatial && self.representation.carries_size()
    }

    /// Whether uses of segments are checked for liveness.
    pub(crate) fn checks_segments(&self) -> bool {
        self.choices.safety >= Safety::Temporal && self.representation.carries_size()
    }

    /// Whether segments are pairs of an address and a size in an `i64`.
    pub(crate) fn is_packed(&self) -> bool {
        self.segments.is_packed()
    }

    /// The types of locals that can hold the operands of an intrinsic. The local of an array is nullable.
    pub(crate) fn operand_types(&self, signature: &Signature) -> Vec<ValType> {
        let ty = |operand: &Operand| match (operand, self.operand_type(signature, *operand)) {
            (Operand::Array, ValType::Ref(reference)) => ValType::Ref(RefType { nullable: true, ..reference }),
            (_, ty) => ty,
        };
        signature.operands().iter().map(ty).collect()
    }

    /// The type of an operand. The catalogue's types are those for a 32-bit memory.
    pub(crate) fn operand_type(&self, signature: &Signature, operand: Operand) -> ValType {
        match operand {
            Operand::Allocator | Operand::Offset | Operand::Bytes | Operand::Alignment | Operand::Address => {
                self.width.val_type()
            }
            Operand::Segment | Operand::Buffer(_) | Operand::Record(_) => self.segment_type(),
            Operand::Int(_)
            | Operand::Long(_)
            | Operand::Array
            | Operand::Texts
            | Operand::Index
            | Operand::Byte
            | Operand::Value(_)
            | Operand::Descriptor
            | Operand::Errno
            | Operand::Count => val_type(signature.value_type(operand)),
        }
    }

    /// The type of segments.
    pub(crate) fn segment_type(&self) -> ValType {
        match self.representation {
            Representation::Address => self.width.val_type(),
            other => val_type(other.value_type()),
        }
    }

    /// A memory argument for a pointer.
    pub(crate) fn ptr_memarg(&self, offset: u32) -> MemArg {
        self.memarg(offset, self.width.pointer_bytes())
    }

    /// A memory argument with the natural alignment of `bytes`, which almost all addresses have.
    pub(crate) fn memarg(&self, offset: u32, bytes: u32) -> MemArg {
        MemArg { offset: u64::from(offset), align: bytes.trailing_zeros(), memory_index: self.memory.0 }
    }
}
