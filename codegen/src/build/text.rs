//! Text between GC arrays and segments, with its operands as arguments.
//!
//! The elements of the array are `i16` (UTF-16 code units) or `i8` (Latin-1). For its type, see
//! [`arrays`](crate::build::arrays).

use crate::build::builder::FunctionBuilder;
use crate::build::ids::TypeId;
use crate::build::operand::{Operand, Region, Segment};
use linmem_intrinsics::{Encoding, Intrinsic, Operation};

impl FunctionBuilder {
    /// Allocates a segment with `count` elements of an array, starting with that at an index, in an encoding. None of these
    /// operands can already be on the stack, since the handle of the region precedes them.
    pub fn allocate_text(
        &mut self,
        region: Region,
        encoding: Encoding,
        ty: TypeId,
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) -> Segment {
        self.count();
        self.allocate_elements(region, from, count, |f| f.array_operation(Operation::AllocateText(encoding), ty))
    }

    /// Writes `count` elements to a segment and an offset in bytes, from an array and an index, in an encoding. Pushes the
    /// number of bytes that were written.
    pub fn set_text(
        &mut self,
        encoding: Encoding,
        ty: TypeId,
        to: (impl Operand, impl Operand),
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.count();
        self.text_operands(to, from, count);
        self.array_operation(Operation::SetText(encoding), ty);
    }

    /// The operands of an operation that writes text to a segment.
    pub(super) fn text_operands(
        &mut self,
        to: (impl Operand, impl Operand),
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.in_order([
            to.0.is_on_stack(),
            to.1.is_on_stack(),
            from.0.is_on_stack(),
            from.1.is_on_stack(),
            count.is_on_stack(),
        ]);
        self.operand(to.0);
        to.1.push_folding(self);
        self.operand(from.0);
        from.1.push_folding(self);
        count.push_folding(self);
    }

    /// Pushes a new array with the text of bytes of a segment, in an encoding. Its type must be mutable.
    pub fn get_text(
        &mut self,
        encoding: Encoding,
        ty: TypeId,
        segment: impl Operand,
        offset: impl Operand,
        bytes: impl Operand,
    ) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), bytes.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        bytes.push_folding(self);
        self.array_operation(Operation::GetText(encoding), ty);
    }

    /// Pushes the number of bytes of `count` elements of an array, starting with that at an index, in an encoding.
    pub fn text_size(
        &mut self,
        encoding: Encoding,
        ty: TypeId,
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.count();
        self.in_order([from.0.is_on_stack(), from.1.is_on_stack(), count.is_on_stack()]);
        self.operand(from.0);
        from.1.push_folding(self);
        count.push_folding(self);
        self.array_operation(Operation::TextSize(encoding), ty);
    }

    fn array_operation(&mut self, operation: Operation, ty: TypeId) {
        match Intrinsic::from_operation(operation) {
            Some(intrinsic) => self.array_intrinsic(intrinsic, ty),
            None => self.fail(&format!("an intrinsic for {operation:?} does not exist")),
        }
    }
}
