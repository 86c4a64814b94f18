//! linmem's operations, with their operands as arguments.

use crate::build::builder::FunctionBuilder;
use crate::build::operand::{Bytes, Operand, Region, Segment, Source};
use crate::build::static_items::Static;
use crate::engine::knowledge::contents::Assigned;
use linmem_intrinsics::{Access, Intrinsic, Operation};

impl FunctionBuilder {
    /// Allocates a constant number of bytes. Allocations of one scope share a bump.
    pub fn allocate(&mut self, region: Region, bytes: u32) -> Segment {
        self.count();
        self.check_region(region);
        self.engine.handle(region.handle);
        self.engine.ptr_const_deferred(bytes);
        self.lower_intrinsic(Intrinsic::AllocatorAllocate);
        self.keep_segment(Bytes::Constant(bytes), region.scope)
    }

    /// Allocates a number of bytes that is known only at run time.
    pub fn allocate_dynamic(&mut self, region: Region, bytes: impl Operand) -> Segment {
        self.count();
        self.check_region(region);
        let size = self.engine.add_local(self.engine.pointer_type(), Assigned::Once);
        bytes.push_folding(self);
        self.engine.local_set(size);
        self.engine.handle(region.handle);
        self.engine.local_get(size);
        self.lower_intrinsic(Intrinsic::AllocatorAllocate);
        self.keep_segment(Bytes::Local(size), region.scope)
    }

    /// Allocates a constant number of bytes at a multiple of `alignment`, a power of two up to 65536.
    pub fn allocate_aligned(&mut self, region: Region, bytes: u32, alignment: u32) -> Segment {
        self.count();
        self.check_region(region);
        self.engine.handle(region.handle);
        self.engine.ptr_const_deferred(bytes);
        self.engine.ptr_const_deferred(alignment);
        self.lower_intrinsic(Intrinsic::AllocatorAllocateAligned);
        self.keep_segment(Bytes::Constant(bytes), region.scope)
    }

    /// Reads a value from a segment, onto the stack.
    pub fn get(&mut self, access: Access, segment: impl Operand, offset: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        self.operation(Operation::Get(access));
    }

    /// Writes a value to a segment. Unsigned accesses are written like the signed ones.
    pub fn put(&mut self, access: Access, segment: impl Operand, offset: impl Operand, value: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), value.is_on_stack()]);
        let access = match access {
            Access::UByte => Access::Byte,
            Access::UShort => Access::Short,
            other => other,
        };
        self.operand(segment);
        offset.push_folding(self);
        value.push_folding(self);
        self.operation(Operation::Set(access));
    }

    /// Pushes the start address of a segment.
    pub fn address(&mut self, segment: impl Operand) {
        self.count();
        self.operand(segment);
        self.operation(Operation::Address);
    }

    /// Pushes the size of a segment in bytes.
    pub fn size(&mut self, segment: impl Operand) {
        self.count();
        if let Some(segment) = segment.as_segment() {
            return self.known_size(segment);
        }
        self.operand(segment);
        if self.carries_size() {
            self.operation(Operation::Size);
        }
    }

    /// Pushes the size of a segment that the function knows.
    pub(super) fn known_size(&mut self, segment: Segment) {
        if !self.owns_segment(segment) {
            return;
        }
        match segment.bytes {
            Bytes::Constant(bytes) => self.engine.ptr_const(bytes),
            Bytes::Local(local) => self.engine.local_get(local),
            Bytes::Carried => {
                self.operand(segment);
                self.operation(Operation::Size);
            }
        }
    }

    /// A segment from elsewhere, such as a parameter or the result of a call. Its representation must contain its size.
    pub fn segment(&mut self, value: impl Operand) -> Segment {
        self.count();
        self.operand(value);
        self.carries_size();
        self.keep_segment(Bytes::Carried, None)
    }

    /// Whether the value of a segment contains its size. It is a mistake if it does not.
    pub(super) fn carries_size(&mut self) -> bool {
        let carries_size = self.representation().carries_size();
        if !carries_size {
            self.fail("a segment that is only an address does not carry its size: use `of_address`");
        }
        carries_size
    }

    /// A segment over memory that the program vouches for.
    pub fn of_address(&mut self, address: impl Operand, bytes: impl Operand) -> Segment {
        self.count();
        self.in_order([address.is_on_stack(), bytes.is_on_stack()]);
        let size = self.engine.add_local(self.engine.pointer_type(), Assigned::Once);
        self.operand(address);
        bytes.push_folding(self);
        self.engine.local_tee(size);
        self.operation(Operation::OfAddress);
        self.keep_segment(Bytes::Local(size), None)
    }

    /// A part of a segment, over the same memory. The scope that frees the part is known if the segment is a [`Segment`].
    pub fn slice(&mut self, segment: impl Operand, offset: u32, bytes: u32) -> Segment {
        self.count();
        let known = segment.as_segment();
        if let Some(Segment { source: Source::Static(whole), owner, .. }) = known
            && let Some(part) = whole.part(offset, bytes)
        {
            return Static { segment: part, owner }.into();
        }
        let scope = known.and_then(|segment| segment.scope);
        self.operand(segment);
        self.engine.ptr_const_deferred(offset);
        self.engine.ptr_const_deferred(bytes);
        self.operation(Operation::Slice);
        self.keep_segment(Bytes::Constant(bytes), scope)
    }

    /// A part of a segment, whose offset and size in bytes are known only at run time. If the segment is a [`Segment`],
    /// the code of the size runs before the code of the offset.
    pub fn slice_dynamic(&mut self, segment: impl Operand, offset: impl Operand, bytes: impl Operand) -> Segment {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), bytes.is_on_stack()]);
        let size = self.engine.add_local(self.engine.pointer_type(), Assigned::Once);
        let known = segment.as_segment();
        if known.is_some() {
            bytes.push_folding(self);
            self.engine.local_set(size);
            self.operand(segment);
            offset.push_folding(self);
            self.engine.local_get(size);
        } else {
            self.operand(segment);
            offset.push_folding(self);
            bytes.push_folding(self);
            self.engine.local_tee(size);
        }
        self.operation(Operation::Slice);
        self.keep_segment(Bytes::Local(size), known.and_then(|segment| segment.scope))
    }

    /// Sets bytes of a segment to one value.
    pub fn fill(&mut self, segment: impl Operand, offset: impl Operand, bytes: impl Operand, byte: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), bytes.is_on_stack(), byte.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        bytes.push_folding(self);
        self.operand(byte);
        self.operation(Operation::Fill);
    }

    /// Copies bytes to a segment and an offset, from a segment and an offset.
    pub fn copy(&mut self, to: (impl Operand, impl Operand), from: (impl Operand, impl Operand), bytes: impl Operand) {
        self.count();
        self.in_order([
            to.0.is_on_stack(),
            to.1.is_on_stack(),
            from.0.is_on_stack(),
            from.1.is_on_stack(),
            bytes.is_on_stack(),
        ]);
        self.operand(to.0);
        to.1.push_folding(self);
        self.operand(from.0);
        from.1.push_folding(self);
        bytes.push_folding(self);
        self.operation(Operation::Copy);
    }

    pub(super) fn operation(&mut self, operation: Operation) {
        match Intrinsic::from_operation(operation) {
            Some(intrinsic) => self.lower_intrinsic(intrinsic),
            None => self.fail(&format!("an intrinsic for {operation:?} does not exist")),
        }
    }
}
