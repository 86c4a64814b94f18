//! Static frames: fixed addresses for the regions of functions that cannot be entered again before they return.
//!
//! Such a region is neither opened nor closed when the program runs, and its allocations are constants. The analysis of a
//! function ([`confined`]) finds the regions that it opens and closes and whose handles no other code knows; the [call
//! graph](CallGraph) finds the functions that can be entered again, and what can be active at the same time:
//!
//! ```text
//!   $main ──► $a ──► $b         $main      ┌──────┐
//!     │               ▲         $a         │      └──────┐
//!     └──────► $c ────┘         $c         │      └────┐ │
//!                               $b         │           │ └──────┐
//!                                          reserve ─────────────►
//! ```
//!
//! A frame starts where the frames of all functions end that can be active below it: the reserve is the largest sum on any path
//! of the call graph. It is a reservation of static data.
//!
//! # When a region is part of a static frame
//!
//! 1. It is confined, and its function cannot be entered again before it returns. Imported functions call any export and any
//!    function with a reference; those of WASI do not call back. A trap ends all activations, so that their frames are free.
//! 2. No exception leaves the function while the region is open, since the region stays open then. Modules without exceptions
//!    throw none: only imported functions could, and those end all activations unless there is code that catches.
//! 3. The memory is defined in the module, so that no other instance uses the reserve, and it is not shared between threads.
//! 4. Regions nest (`stack`), or nothing checks that they do not (`forbid`). With `outermost`, segments of a region may be used
//!    after it is closed, until no region is open any more.
//! 5. While it is open, no other region is used unless it was opened inside of it, and no function is called that uses regions of
//!    others or leaves one open: where regions nest, closing a region also frees those inside, and checks find such uses.
//! 6. If segments are checked, no segment of it is used when it is closed. Segments are followed through locals and calls; one
//!    that is stored or returned may be used at any time. An address alone cannot be used in a module that does not make
//!    segments from addresses.

use crate::check::{Allocation, Callee, Checked, Confined, Escapes, Own, Throws, confined};
use crate::choices::Choices;
use crate::code::FunctionRef;
use crate::config::{Config, StaticFrames};
use crate::error::Error;
use crate::link::calls::CallGraph;
use crate::link::input::Input;
use crate::planted::{self, Bug};
use crate::statics::StaticSegment;
use linmem_allocator::layout::{ALIGNMENT, align_up, room};
use linmem_allocator::statics::{Contents, Item};
use linmem_allocator::{Address, Nesting};
use linmem_intrinsics::Representation;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{Export, ExternalKind};

/// The largest frame in bytes. Larger regions are opened when the program runs, so that rarely used buffers do not enlarge the
/// memory from the start. Chosen, not measured.
const LARGEST_FRAME: u64 = 16 << 10;

/// The largest reserve in bytes. Chosen, not measured.
const LARGEST_RESERVE: u64 = 64 << 10;

/// The largest alignment in a static frame, since the alignment of the reserve costs that much memory.
const LARGEST_ALIGNMENT: u32 = 256;

/// What becomes of a call of an intrinsic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// It opens a region that is part of a static frame.
    Open,
    /// It allocates this segment.
    Allocate(StaticSegment),
    /// It closes a region; these are its bytes.
    Close(StaticSegment),
    /// It makes a segment over static data, in a module that was built.
    Data(StaticSegment),
}

/// What a door knows of a module besides its code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    /// The functions of the program from which linmem obtains memory.
    pub(crate) allocator: Vec<u32>,
    /// The functions whose regions are opened when the program runs.
    pub(crate) excluded: BTreeSet<u32>,
    /// The number of items of static data.
    pub(crate) items: u32,
}

/// The static frames of a module.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// By the offset of the call in the binary.
    sites: BTreeMap<usize, Site>,
    /// By item, after the first item.
    frames: Vec<Frame>,
    first_item: u32,
    /// The size of the reserve in bytes.
    bytes: u64,
    /// The alignment of the reserve.
    alignment: u32,
}

/// A static frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The function.
    pub(crate) function: u32,
    /// The distance from the start of the reserve in bytes.
    pub(crate) start: u64,
    /// The size in bytes.
    pub(crate) bytes: u64,
}

impl Frames {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// What becomes of a call, by its offset in the binary.
    pub(crate) fn site(&self, offset: usize) -> Option<Site> {
        self.sites.get(&offset).copied()
    }

    /// The first item of static data that is a static frame; `None` if there are none.
    pub(crate) fn first_item(&self) -> Option<u32> {
        (!self.is_empty()).then_some(self.first_item)
    }

    /// The reserve, for the planner. It has at least one byte, so that it has an address of its own.
    pub(crate) fn item(&self) -> Item<'static> {
        // No reservation of a program has a name with a blank.
        let contents = Contents::Zeros { name: "static frames", size: self.bytes.max(u64::from(ALIGNMENT)) };
        Item { contents, alignment: u64::from(self.alignment.max(ALIGNMENT)), address: None }
    }

    /// The size of the reserve in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The frames, in the order of their items.
    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The functions with frames.
    pub(crate) fn functions(&self) -> impl Iterator<Item = u32> {
        self.frames.iter().map(|frame| frame.function)
    }

    /// Adds calls that make segments over static data, by their offsets in the binary.
    pub(crate) fn add_data(&mut self, calls: impl IntoIterator<Item = (usize, StaticSegment)>) {
        self.sites.extend(calls.into_iter().map(|(offset, segment)| (offset, Site::Data(segment))));
    }

    /// Chooses the static frames of a module.
    ///
    /// # Errors
    ///
    /// If a function cannot be read.
    pub(crate) fn plan(input: &Input<'_>, config: &Config, choices: Choices, given: &Given) -> Result<Frames, Error> {
        let is_possible = config.static_frames == StaticFrames::On
            && !config.trace
            && !input.switches
            && match choices.nesting {
                Nesting::Stack => true,
                Nesting::Forbid => !choices.checks_regions(),
                Nesting::Outermost => false,
            };
        if !is_possible || !opens_regions(input) {
            return Ok(Frames::default());
        }
        let calls = CallGraph::of(input, &given.allocator);
        let throws = Throws::of(input);
        let releases = config.unwind.unwrap_or_default() == linmem_allocator::Unwind::Release;
        let checked = match choices.checks_regions() {
            // Where regions nest, closing one also frees those inside that were left open.
            false if choices.nesting == Nesting::Stack => Checked::Regions,
            false => Checked::Nothing,
            true if input.imports.representation().is_some_and(Representation::carries_size) => Checked::Segments,
            true => Checked::Regions,
        };
        let mut own: BTreeMap<u32, Vec<Confined>> = BTreeMap::new();
        let called_by_others = called_by_others(input);
        let mut uncontained = BTreeSet::new();
        for body in &input.bodies {
            let is_excluded = calls.recurs(body.index) || given.excluded.contains(&body.index);
            if is_excluded && checked == Checked::Nothing {
                continue;
            }
            let may_throw = throws.has_exceptions() || releases || calls.leads_outside(body.index);
            let Own { mut regions, is_contained } = confined(input, body, &throws, checked)?;
            // What a wrapper does is part of the functions that call it, unless its callers do not know it.
            let is_hidden = input.is_transparent(body.index) && !called_by_others.contains(&body.index);
            if !is_contained && !is_hidden && !planted::has(Bug::StaticFrameKeepsInner) {
                uncontained.insert(body.index);
            }
            let ignores = planted::has(Bug::StaticFrameThrownOver);
            regions.retain(|region| {
                let is_left = region.thrown_over && may_throw && !ignores;
                let is_closed = region.caught && releases;
                !(is_excluded || is_left || is_closed)
            });
            if !regions.is_empty() {
                own.insert(body.index, regions);
            }
        }
        if checked != Checked::Nothing {
            let told = Told::of(input, &calls, &throws, &own, &uncontained)?;
            for regions in own.values_mut() {
                regions.retain(|region| !told.tells(region, checked));
            }
        }
        let layouts: BTreeMap<u32, Layout> =
            own.into_iter().map(|(function, own)| (function, Layout::of(own))).collect();
        let mut frames = Frames { first_item: given.items, ..Frames::default() };
        calls.stack(input.function_count, |function, below| match layouts.get(&function) {
            Some(layout) if !layout.regions.is_empty() => frames.add(function, layout, below),
            _ => below,
        });
        Ok(frames)
    }

    /// The address of each frame, if the reserve starts at this address.
    pub(crate) fn addresses(&self, reserve: Address) -> impl Iterator<Item = Address> {
        self.frames.iter().map(move |frame| reserve + frame.start)
    }

    /// Adds the frame of a function on top of what is below it. Returns the end.
    fn add(&mut self, function: u32, layout: &Layout, below: u64) -> u64 {
        let start = align_up(below, u64::from(layout.alignment));
        let end = start + layout.bytes;
        if end > LARGEST_RESERVE {
            return below;
        }
        self.bytes = end.max(self.bytes);
        self.alignment = layout.alignment.max(self.alignment);
        let item = self.first_item + self.frames.len() as u32;
        self.frames.push(Frame { function, start, bytes: layout.bytes });
        for PlacedRegion { region, bytes: (from, size), offsets } in &layout.regions {
            self.sites.insert(region.open, Site::Open);
            for (Allocation { offset, bytes, .. }, from) in region.allocations.iter().zip(offsets) {
                self.sites.insert(*offset, Site::Allocate(StaticSegment { item, offset: *from, bytes: *bytes }));
            }
            for close in &region.closes {
                self.sites.insert(*close, Site::Close(StaticSegment { item, offset: *from, bytes: *size }));
            }
        }
        end
    }
}

/// The functions that are exported, or can be called through a reference.
fn called_by_others(input: &Input<'_>) -> BTreeSet<u32> {
    let is_function = |export: &&Export<'_>| matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact);
    let exported = input.exports.iter().filter(is_function).map(|export| export.index);
    exported.chain(input.referred.iter().copied()).collect()
}

/// Whether a function of the module opens a region.
fn opens_regions(input: &Input<'_>) -> bool {
    let opens = |function: u32| {
        input.imports.intrinsic(function).is_some_and(|signature| signature.intrinsic.effects().opens())
    };
    input.bodies.iter().flat_map(|body| &body.references).any(|reference| match reference.target {
        FunctionRef::Program(function) => opens(function),
        _ => false,
    })
}

/// What checks tell about regions, and what closing one frees besides its own memory, beside what is known of each function alone.
struct Told {
    /// By node of the call graph, whether a function that may be called uses regions that it did not open, or leaves one open.
    interferes: Vec<bool>,
    /// Whether that holds for some function that may be called indirectly or from outside.
    any_interferes: bool,
    escapes: Escapes,
}

impl Told {
    fn of(
        input: &Input<'_>,
        calls: &CallGraph,
        throws: &Throws,
        own: &BTreeMap<u32, Vec<Confined>>,
        uncontained: &BTreeSet<u32>,
    ) -> Result<Told, Error> {
        // Intrinsics with references can be called indirectly, and the exported allocator from outside.
        let is_outside = |node: u32| input.exports_allocator && node == calls.outside();
        let interferes =
            calls.callers_of(|node| uncontained.contains(&node) || input.shims.contains(&node) || is_outside(node));
        // The nodes after the functions are the types of indirect calls, and the outside.
        let others = interferes.iter().skip(input.function_count as usize);
        let any_interferes = !input.shims.is_empty() || others.copied().any(|interferes| interferes);
        let passed = own.values().flatten().flat_map(|region| region.passes.iter().copied());
        Ok(Told { interferes, any_interferes, escapes: Escapes::from(input, throws, passed)? })
    }

    /// Whether it matters that a region is never opened or closed: a check could tell, or a region inside could be left open.
    fn tells(&self, region: &Confined, checked: Checked) -> bool {
        let interferes = |callee: &Callee| match callee {
            Callee::Known(function) => self.interferes.get(*function as usize) != Some(&false),
            Callee::Unknown => self.any_interferes,
        };
        let escapes = checked == Checked::Segments
            && (region.escapes || region.passes.iter().any(|it| self.escapes.escapes(*it)));
        region.interleaved || escapes || region.calls.iter().any(interferes)
    }
}

/// A region with its place in the frame of its function.
struct PlacedRegion {
    region: Confined,
    /// The offset of its first byte, and its size.
    bytes: (u32, u32),
    /// The offset of each of its allocations.
    offsets: Vec<u32>,
}

/// The layout of the frame of a function. Regions that are never open at the same time share bytes.
struct Layout {
    regions: Vec<PlacedRegion>,
    bytes: u64,
    alignment: u32,
}

impl Layout {
    fn of(regions: Vec<Confined>) -> Layout {
        let mut layout = Layout { regions: Vec::new(), bytes: 0, alignment: ALIGNMENT };
        for region in regions {
            let beside = |placed: &&PlacedRegion| region.beside >> placed.region.number & 1 != 0;
            let ends = layout.regions.iter().filter(beside).map(|placed| placed.bytes.0 + placed.bytes.1);
            let start = ends.max().unwrap_or_default();
            if let Some((placed, alignment)) = PlacedRegion::at(start, region) {
                layout.bytes = layout.bytes.max(u64::from(placed.bytes.0 + placed.bytes.1));
                layout.alignment = layout.alignment.max(alignment);
                layout.regions.push(placed);
            }
        }
        layout
    }
}

impl PlacedRegion {
    /// Places a region, and returns its alignment; `None` if that exceeds a limit.
    fn at(start: u32, region: Confined) -> Option<(PlacedRegion, u32)> {
        let mut end = u64::from(start);
        let (mut offsets, mut largest) = (Vec::with_capacity(region.allocations.len()), ALIGNMENT);
        for Allocation { bytes, alignment, .. } in &region.allocations {
            let offset = align_up(end, u64::from(*alignment));
            end = offset + room(u64::from(*bytes));
            if end > LARGEST_FRAME || *alignment > LARGEST_ALIGNMENT {
                return None;
            }
            largest = largest.max(*alignment);
            offsets.push(u32::try_from(offset).ok()?);
        }
        let size = u32::try_from(end).ok()? - start;
        Some((PlacedRegion { region, bytes: (start, size), offsets }, largest))
    }
}
