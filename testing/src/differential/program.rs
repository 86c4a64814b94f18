//! Programs of region operations, and how they are generated.

use crate::host::Limits;
use linmem::{Base, Config, Nesting, Optimize, OutOfMemory, Safety, Share, SplitAddress, StaticFrames, Zero};
use linmem_allocator::Width;
use linmem_allocator::model::{Blocks, Home, Memory, Model, Rules, Source, Split};
use proptest::prelude::*;

/// The shapes of frames that the test module has: the constant sizes of one scope.
pub(crate) const FRAMES: [&[u32]; 4] = [&[16, 8, 4], &[1, 0, 100, 7], &[30000, 30000, 5000], &[65000, 512]];

/// One step of a program. A `pick` selects one of the existing regions.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Open,
    /// Opens a region in a function that has a frame in it.
    OpenWith(usize),
    Close,
    /// Opens a number of regions, each with an allocation.
    Deepen(usize),
    /// Closes regions until this number is open.
    CloseTo(usize),
    /// Closes any of the regions that were ever opened.
    CloseAny(usize),
    Allocate(u32),
    /// Allocates from any of the regions that were ever opened.
    AllocateAny(usize, u32),
    Aligned(u32, u32),
    Frame(usize),
    /// Overwrites the header of the innermost region temporarily.
    Smash(u64),
    /// Other code grows the memory.
    Grow(u32),
    /// The program grows its part of the memory.
    ProgramGrow(u32),
}

/// Where the memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// linmem defines it.
    Defined,
    /// linmem defines it, and nobody else grows it.
    Alone,
    /// The program defines it.
    Owned,
    /// The program defines it, and leaves the part from an address on to linmem.
    Base(u32),
    /// The program defines it, and it is split at this number of pages.
    Split(u32),
    /// The program defines it, and has an allocator.
    Allocator,
}

impl Setting {
    /// Whether linmem defines the memory.
    pub(crate) fn is_defined(self) -> bool {
        matches!(self, Setting::Defined | Setting::Alone)
    }

    /// Whether the memory is split.
    pub(crate) fn is_split(self) -> bool {
        matches!(self, Setting::Split(_))
    }
}

/// The base of linmem's part in a memory that is also split.
pub(crate) const SPLIT_BASE: u32 = 100_000;

/// The blocks of the allocator of the test module: their start, and their size in pages. They are neither aligned nor in
/// order.
pub(crate) const BLOCKS: [(u32, u32); 12] = [
    (4 * 65536 + 4, 1),
    (20 * 65536 + 9, 2),
    (2 * 65536 + 16, 1),
    (9 * 65536 + 1, 1),
    (30 * 65536 + 7, 4),
    (12 * 65536 + 8, 3),
    (7 * 65536 + 3, 1),
    (40 * 65536 + 5, 8),
    (16 * 65536 + 2, 2),
    (36 * 65536 + 6, 2),
    (50 * 65536 + 1, 1),
    (52 * 65536 + 12, 7),
];

/// The number of pages in the memory of that module.
pub(crate) const ALLOCATOR_PAGES: u32 = 60;

/// The number of pages in the memory of a program that defines one.
pub(crate) const OWN_PAGES: u32 = 2;

/// The declared maximum of a memory that is split.
pub(crate) const MAXIMUM: u32 = 30;

/// A test module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) setting: Setting,
    pub(crate) nesting: Nesting,
    pub(crate) checked: bool,
    pub(crate) zero: Zero,
    pub(crate) optimize: Optimize,
    pub(crate) out_of_memory: OutOfMemory,
}

const SETTINGS: usize = 8;
const COUNT: usize = SETTINGS * 18;

impl Variant {
    /// Every nesting policy, with checks and without, in every zeroing mode and setting. The other options alternate, so that
    /// they occur with all of these.
    pub(crate) const ALL: [Variant; COUNT] = {
        let settings: [Setting; SETTINGS] = [
            Setting::Defined,
            Setting::Owned,
            Setting::Base(40),
            Setting::Base(SPLIT_BASE),
            Setting::Split(8),
            Setting::Split(40),
            Setting::Allocator,
            Setting::Alone,
        ];
        let first = Variant {
            setting: Setting::Defined,
            nesting: Nesting::Stack,
            checked: false,
            zero: Zero::Never,
            optimize: Optimize::Speed,
            out_of_memory: OutOfMemory::Trap,
        };
        let mut all = [first; COUNT];
        let mut index = 0;
        while index < COUNT {
            let (setting, rest) = (index % SETTINGS, index / SETTINGS);
            let (nesting, rest) = (rest % 3, rest / 3);
            let (zero, checked) = (rest % 3, rest / 3);
            all[index] = Variant {
                setting: settings[setting],
                nesting: Nesting::ALL[nesting],
                checked: checked == 1,
                zero: Zero::ALL[zero],
                optimize: if (setting + nesting + zero) % 2 == 0 { Optimize::Speed } else { Optimize::Size },
                out_of_memory: OutOfMemory::ALL[(setting / 2 + nesting + zero + checked) % 2],
            };
            index += 1;
        }
        all
    };

    pub(crate) fn config(self) -> Config {
        let (mut base, mut share, mut split) = (None, None, None);
        match self.setting {
            Setting::Base(address) => {
                base = Some(Base::Address(address));
                share = Some(if address == SPLIT_BASE { Share::Split } else { Share::Trust });
            }
            Setting::Owned => share = Some(Share::Trust),
            Setting::Split(pages) => split = SplitAddress::of_pages(pages),
            Setting::Allocator => share = Some(Share::Allocator { export: "malloc".into(), pin: Some("pin".into()) }),
            Setting::Defined | Setting::Alone => {}
        }
        Config::new()
            .with_safety(if self.checked { Safety::Temporal } else { Safety::None })
            .with_nesting(self.nesting)
            // The model knows no fixed addresses.
            .with_static_frames(StaticFrames::Off)
            .with_zero(self.zero)
            .with_optimize(self.optimize)
            .with_out_of_memory(self.out_of_memory)
            .with_base(base)
            .with_share(share)
            .with_split(split)
            .with_own_memory(self.setting == Setting::Alone)
    }

    /// Whether an allocation may return null.
    pub(crate) fn gives_null(self) -> bool {
        self.out_of_memory == OutOfMemory::Null
    }

    /// Whether linmem only counts open regions.
    pub(crate) fn counts(self) -> bool {
        self.nesting == Nesting::Outermost && !self.checked
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) variant: usize,
    pub(crate) maximum: u32,
    pub(crate) refused: Vec<u32>,
    pub(crate) steps: Vec<Step>,
}

impl Program {
    /// The model's side of the program.
    pub(crate) fn model(&self, variant: Variant) -> Model {
        let (pages, home) = match variant.setting {
            Setting::Defined | Setting::Alone => (1, Home::Reserved),
            Setting::Owned => (OWN_PAGES, Home::Grown),
            Setting::Base(address) => (OWN_PAGES, Home::Base(u64::from(address))),
            Setting::Split(_) => (OWN_PAGES, Home::Grown),
            Setting::Allocator => (ALLOCATOR_PAGES, Home::Grown),
        };
        let source = match variant.setting {
            Setting::Split(pages) => Source::Split(Split::new(u64::from(pages), Some(u64::from(MAXIMUM)))),
            Setting::Base(SPLIT_BASE) => Source::Split(Split::new(u64::from(MAXIMUM), Some(u64::from(MAXIMUM)))),
            Setting::Allocator => {
                let block = |(at, pages): &(u32, u32)| (u64::from(*at), u64::from(*pages) * 65536);
                Source::Blocks(Blocks::new(BLOCKS.iter().map(block).collect()))
            }
            _ => Source::Growth,
        };
        let mut memory = Memory::new(Width::Bits32, pages, self.max_pages(variant));
        memory.refuse(self.refused.iter().copied());
        Model::new(memory, home, Rules { nesting: variant.nesting, checked: variant.checked }).with_source(source)
    }

    /// The limits of the memory in wasmtime.
    pub(crate) fn limits(&self, variant: Variant) -> Limits {
        let refused = self.refused.iter().map(|number| *number as usize).collect();
        Limits { pages: self.max_pages(variant) as usize, refused, ..Limits::default() }
    }

    /// The largest number of pages.
    fn max_pages(&self, variant: Variant) -> u32 {
        if variant.setting == Setting::Allocator { self.maximum + ALLOCATOR_PAGES } else { self.maximum }
    }
}

fn bytes() -> impl Strategy<Value = u32> {
    prop_oneof![
        6 => 0..200u32,
        4 => (1..4u32, -24..24i32).prop_map(|(pages, off)| (pages * 65536).wrapping_add_signed(off)),
        3 => 200..150_000u32,
        1 => (0..40u32).prop_map(|off| u32::MAX - off),
        1 => (-20..20i32).prop_map(|off| (1u32 << 31).wrapping_add_signed(off)),
    ]
}

fn alignment() -> impl Strategy<Value = u32> {
    prop_oneof![8 => (0..17u32).prop_map(|log| 1 << log), 1 => any::<u32>(), 1 => Just(0), 1 => Just(131_072)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Open),
        3 => (0..FRAMES.len()).prop_map(Step::OpenWith),
        3 => Just(Step::Close),
        1 => (0..6usize).prop_map(Step::CloseTo),
        1 => any::<usize>().prop_map(Step::CloseAny),
        8 => bytes().prop_map(Step::Allocate),
        2 => (any::<usize>(), bytes()).prop_map(|(pick, bytes)| Step::AllocateAny(pick, bytes)),
        4 => (bytes(), alignment()).prop_map(|(bytes, alignment)| Step::Aligned(bytes, alignment)),
        4 => (0..FRAMES.len()).prop_map(Step::Frame),
        1 => any::<u64>().prop_map(Step::Smash),
        1 => (1..4u32).prop_map(Step::Grow),
        1 => (1..6u32).prop_map(Step::ProgramGrow),
        1 => (1..12usize).prop_map(Step::Deepen),
    ]
}

pub(crate) fn program() -> impl Strategy<Value = Program> {
    let refused = proptest::collection::vec(0..12u32, 0..4);
    (0..COUNT, 4..60u32, refused, proptest::collection::vec(step(), 1..120))
        .prop_map(|(variant, maximum, refused, steps)| Program { variant, maximum, refused, steps })
}
