//! Writes regions, allocations, and accesses to them.

use crate::unwind::scopes::parts::{Carry, Known, Open};
use crate::unwind::scopes::writer::Writer;
use linmem::build::{FunctionBuilder, Local, OnStack, Region, Segment};
use linmem::wasm_encoder::{BlockType, Instruction, ValType};
use linmem::{Access, Intrinsic, Nesting};
use linmem_allocator::FramePlan;

/// Closes a region whose handle is in a local.
pub(super) fn free(f: &mut FunctionBuilder, handle: Local) {
    f.push(handle);
    f.intrinsic(Intrinsic::AllocatorFree);
}

/// The segments of a frame, with their offsets and sizes.
#[derive(Default)]
struct Frame {
    plan: FramePlan,
    members: Vec<(Segment, u32, u32)>,
}

impl Writer<'_> {
    /// Opens a scope, sometimes with a frame.
    pub(super) fn open_scope(&mut self, ty: BlockType) {
        let position = self.token();
        let region = self.f.begin_region_with(ty);
        let frame = if self.source.once_in(3) { self.reserve(region) } else { Frame::default() };
        self.f.push(region);
        self.opened(false, &frame);
        self.open.push(Open { region, position, handle: None });
        self.report_members(position, frame);
    }

    /// Closes the innermost region, a scope, with the values that it leaves on the stack.
    pub(super) fn close_scope(&mut self, carry: Carry) {
        self.push_carried(carry);
        if let Some(open) = self.pop() {
            self.f.end_region(open.region);
            self.report_left(open.position);
        }
        self.take_carried(carry);
    }

    /// Opens a region by an intrinsic.
    pub(super) fn open_raw(&mut self, escapes: bool) {
        let (position, handle) = (self.token(), self.f.local(ValType::I32));
        self.f.intrinsic(Intrinsic::AllocatorNew);
        self.f.set(handle, OnStack);
        self.f.push(handle);
        self.opened(escapes, &Frame::default());
        let region = self.f.open_region(handle);
        self.open.push(Open { region, position, handle: Some(handle) });
    }

    /// Closes the innermost region by an intrinsic.
    pub(super) fn close_raw(&mut self) {
        self.free_innermost();
        self.pop();
    }

    /// Closes the innermost region by an intrinsic, on one of the paths to its end.
    pub(super) fn free_innermost(&mut self) {
        if let Some(Open { position, handle: Some(handle), .. }) = self.open.last().copied() {
            free(&mut self.f, handle);
            self.report_left(position);
        }
    }

    /// Removes the innermost region, and its segments.
    fn pop(&mut self) -> Option<Open> {
        let open = self.open.pop();
        let still = self.open.len();
        self.known.retain(|known| known.open <= still);
        open
    }

    /// Reports that the region whose handle is on the stack was opened.
    fn opened(&mut self, escapes: bool, frame: &Frame) {
        self.f.push(i32::from(escapes));
        self.f.push(frame.plan.bytes());
        self.f.call(self.world.imports.opened);
    }

    /// A region that the program opens and closes by intrinsics: no exception leaves it, or a handler closes it, or it stays
    /// open where that does no harm.
    pub(super) fn raw_region(&mut self) {
        match self.source.below(3) {
            0 if self.variant.nesting() == Nesting::Outermost => {
                self.count("region that exceptions leave open");
                self.open_raw(true);
                self.statements(4);
                self.close_raw();
            }
            1 if !self.is_calm && self.may_throw_own(None) => self.guarded_region(),
            _ => {
                self.count("region that no exception leaves");
                let is_calm = std::mem::replace(&mut self.is_calm, true);
                self.open_raw(false);
                self.statements(4);
                self.close_raw();
                self.is_calm = is_calm;
            }
        }
    }

    /// Allocates segments of constant sizes, all in one frame.
    fn reserve(&mut self, region: Region) -> Frame {
        let mut frame = Frame::default();
        for _ in 0..=self.source.below(3) {
            let bytes = [1, 4, 8, 24, 100, 1000][self.source.below(6)];
            if let Some(offset) = frame.plan.push(bytes) {
                frame.members.push((self.f.allocate(region, bytes), offset, bytes));
            }
        }
        frame
    }

    /// Reports the segments of a frame, which belong to the region at a position.
    fn report_members(&mut self, position: Local, frame: Frame) {
        for (segment, offset, bytes) in frame.members {
            self.f.push(position);
            self.f.push(offset);
            self.f.push(bytes);
            self.f.address(segment);
            self.f.call(self.world.imports.member);
            self.known.push(Known { segment, bytes: Some(bytes), open: self.open.len() });
        }
    }

    /// A region that may allocate, and the local with its position.
    fn allocating(&mut self) -> Option<(Region, Local)> {
        let open = self.open.iter().map(|open| (open.region, open.position));
        let mut regions: Vec<(Region, Local)> = self.borrowed.into_iter().chain(open).collect();
        if self.variant.nesting() != Nesting::Outermost {
            return regions.pop();
        }
        let index = self.source.below(regions.len());
        regions.get(index).copied()
    }

    /// Allocates a number of bytes that the host chooses.
    pub(super) fn allocate(&mut self) {
        let Some((region, position)) = self.allocating() else { return };
        let bytes = self.world.imports.bytes;
        let segment = self.f.allocate_dynamic(region, |f: &mut FunctionBuilder| f.call(bytes));
        self.f.push(position);
        self.f.address(segment);
        self.f.call(self.world.imports.allocated);
        self.known.push(Known { segment, bytes: None, open: self.open.len() });
    }

    /// Allocates a frame. It is in a loop, so that it joins no frame around it, and no allocation after it joins it.
    pub(super) fn frame(&mut self) {
        let Some((region, position)) = self.allocating() else { return };
        self.count("frame");
        let known = self.known.len();
        self.f.begin_loop(BlockType::Empty);
        let frame = self.reserve(region);
        self.f.push(position);
        self.f.push(frame.plan.bytes());
        self.f.call(self.world.imports.reserved);
        self.report_members(position, frame);
        self.read();
        self.fill();
        self.read();
        self.known.truncate(known);
        self.f.end();
    }

    /// A segment that has a first byte.
    pub(super) fn readable(&mut self) -> Option<Known> {
        let sized: Vec<Known> = self.known.iter().filter(|known| known.bytes.is_some()).copied().collect();
        sized.get(self.source.below(sized.len())).copied()
    }

    /// Pushes a byte of a segment.
    pub(super) fn push_byte(&mut self, segment: Segment, offset: u32) {
        self.f.get(Access::UByte, segment, offset);
    }

    fn any_known(&mut self) -> Option<Known> {
        self.known.get(self.source.below(self.known.len())).copied()
    }

    /// Reads a byte, and reports it.
    pub(super) fn read(&mut self) {
        let Some(Known { segment, bytes, .. }) = self.any_known() else { return };
        let offset = self.source.below(bytes.unwrap_or(1) as usize) as u32;
        if bytes.is_none() {
            self.f.size(segment);
            self.f.begin_if(BlockType::Empty);
        }
        self.f.address(segment);
        self.f.push(offset);
        self.f.instruction(&Instruction::I32Add);
        self.push_byte(segment, offset);
        self.f.call(self.world.imports.read);
        if bytes.is_none() {
            self.f.end();
        }
    }

    /// Fills a segment with a byte that the host chooses.
    pub(super) fn fill(&mut self) {
        let Some(Known { segment, bytes, .. }) = self.any_known() else { return };
        let byte = self.f.local(ValType::I32);
        if bytes.is_none() {
            self.f.size(segment);
            self.f.begin_if(BlockType::Empty);
        }
        self.f.address(segment);
        self.f.call(self.world.imports.fill);
        self.f.set(byte, OnStack);
        let repeated = |pattern: i32| {
            move |f: &mut FunctionBuilder| {
                f.push(byte);
                f.push(pattern);
                f.instruction(&Instruction::I32Mul);
            }
        };
        match bytes {
            Some(1) => self.f.put(Access::Byte, segment, 0, byte),
            Some(4) => self.f.put(Access::Int, segment, 0, repeated(0x0101_0101)),
            Some(8) => {
                for offset in [0, 2, 4, 6] {
                    self.f.put(Access::Short, segment, offset, repeated(0x0101));
                }
            }
            Some(bytes) => self.f.fill(segment, 0, bytes, byte),
            None => {
                let size = move |f: &mut FunctionBuilder| f.size(segment);
                self.f.fill(segment, 0, size, byte);
            }
        }
        if bytes.is_none() {
            self.f.end();
        }
    }
}
