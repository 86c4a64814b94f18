//! The sources of a segment's start and size after its operands were evaluated.

use crate::index::LocalIndex;
use crate::segment::held::Held;
use crate::segment::packed;
use crate::segment::parts::Part;
use crate::segment::reference::SegmentTypes;
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use wasm_encoder::InstructionSink;

/// The destination of code about a segment: the end of a function's code, an earlier position, or pieces whose position
/// is decided later.
pub(crate) trait Out {
    /// The width of the memory.
    fn width(&self) -> Width;

    /// Writes instructions.
    fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>));

    /// Pushes a part of the packed segment in a local of the program, which may get a local of its own.
    fn part(&mut self, local: LocalIndex, part: Part);

    /// Pushes whether the packed segment in a local of the program has fewer than `bytes` bytes.
    fn shorter(&mut self, local: LocalIndex, bytes: u32);
}

/// The source of a segment's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The size is constant.
    Known(u32),
    /// A local of the program holds the packed segment.
    Local(LocalIndex),
    /// A local that lowering added holds the packed segment.
    Held(LocalIndex),
    /// A local holds the segment as a structure.
    Structure(SegmentTypes, LocalIndex),
    /// A local holds the size.
    Number(LocalIndex),
}

impl Extent {
    /// Pushes the size.
    pub(crate) fn push(self, out: &mut impl Out) {
        let width = out.width();
        match self {
            Extent::Known(size) => out.emit(|sink| {
                Held::Constant(size).push(sink, width);
            }),
            Extent::Number(local) => out.emit(|sink| {
                sink.local_get(local.0);
            }),
            Extent::Local(local) => out.part(local, Part::Size),
            Extent::Held(local) => out.emit(|sink| {
                packed::size(sink.local_get(local.0));
            }),
            Extent::Structure(types, local) => out.emit(|sink| {
                types.size(sink.local_get(local.0));
            }),
        }
    }

    /// Pushes the size as an `i64`.
    pub(crate) fn push_wide(self, out: &mut impl Out) {
        let width = out.width();
        match self {
            Extent::Known(size) => out.emit(|sink| {
                sink.i64_const(i64::from(size));
            }),
            Extent::Number(local) => out.emit(|sink| {
                sink.ptr_get_wide(width, local.0);
            }),
            Extent::Local(local) => out.part(local, Part::WideSize),
            Extent::Held(local) => out.emit(|sink| {
                packed::wide_size(sink.local_get(local.0));
            }),
            Extent::Structure(types, local) => out.emit(|sink| {
                types.size(sink.local_get(local.0)).ptr_extend(width);
            }),
        }
    }
}

/// The source of a segment's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The address in a local, which is the start of a frame, plus a constant.
    Frame(LocalIndex, u32),
    /// A constant address.
    Constant(u32),
    /// The address in a local.
    Address(LocalIndex),
    /// A local of the program holds the packed segment.
    Local(LocalIndex),
    /// A local that lowering added holds the packed segment.
    Held(LocalIndex),
    /// A local holds the segment as a structure.
    Structure(SegmentTypes, LocalIndex),
}

impl Start {
    /// Pushes the address `offset` bytes after the start.
    pub(crate) fn push(self, out: &mut impl Out, offset: Held) {
        let width = out.width();
        let constant = match (self, offset) {
            (Start::Constant(address), Held::Constant(constant)) => {
                return out.emit(|sink| {
                    Held::Constant(address.wrapping_add(constant)).push(sink, width);
                });
            }
            (Start::Frame(_, distance), Held::Constant(constant)) => distance.wrapping_add(constant),
            (Start::Frame(_, distance), Held::Local(_)) => distance,
            (_, Held::Constant(constant)) => constant,
            (_, Held::Local(_)) => 0,
        };
        match self {
            Start::Frame(local, _) | Start::Address(local) => out.emit(|sink| {
                sink.local_get(local.0);
            }),
            Start::Constant(address) => out.emit(|sink| {
                Held::Constant(address).push(sink, width);
            }),
            Start::Local(local) => out.part(local, Part::Start),
            Start::Held(local) => out.emit(|sink| {
                packed::start(sink.local_get(local.0));
            }),
            Start::Structure(types, local) => out.emit(|sink| {
                types.start(sink.local_get(local.0));
            }),
        }
        out.emit(|sink| {
            if constant != 0 {
                sink.ptr_const(width, u64::from(constant)).ptr_add(width);
            }
            if let Held::Local(_) = offset {
                offset.push(sink, width).ptr_add(width);
            }
        });
    }
}
