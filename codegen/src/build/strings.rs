//! Text between strings of JavaScript and segments, with its operands as arguments.
//!
//! A string is an `externref`. The operations call functions that the module imports from `wasm:js-string`, and require a host
//! that has these. A reference that is not a string traps.

use crate::build::builder::FunctionBuilder;
use crate::build::ids::TypeId;
use crate::build::operand::{Operand, Region, Segment};
use linmem_intrinsics::{
    ArrayReference, ArrayType, Element, Encoding, Intrinsic, Operation, Signature, StringReference,
};

impl FunctionBuilder {
    /// Allocates a segment with `count` code units of a string, starting with that at an index, in an encoding. None of these
    /// operands can already be on the stack, since the handle of the region precedes them.
    pub fn allocate_string(
        &mut self,
        region: Region,
        encoding: Encoding,
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) -> Segment {
        self.count();
        self.allocate_elements(region, from, count, |f| f.string_operation(Operation::AllocateText(encoding), None))
    }

    /// Writes `count` code units to a segment and an offset in bytes, from a string and an index, in an encoding. Pushes the
    /// number of bytes that were written.
    pub fn set_string(
        &mut self,
        encoding: Encoding,
        to: (impl Operand, impl Operand),
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.count();
        self.text_operands(to, from, count);
        self.string_operation(Operation::SetText(encoding), None);
    }

    /// Pushes a new string with the text of bytes of a segment, in an encoding. It is made of arrays of the type `units`, which
    /// must be `(array (mut i16))`, final, without a supertype, and alone in its recursion group: hosts require this type.
    pub fn get_string(
        &mut self,
        encoding: Encoding,
        units: TypeId,
        segment: impl Operand,
        offset: impl Operand,
        bytes: impl Operand,
    ) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), bytes.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        bytes.push_folding(self);
        self.string_operation(Operation::GetText(encoding), Some(units));
    }

    /// Pushes the number of bytes of `count` code units of a string, starting with that at an index, in an encoding.
    pub fn string_size(&mut self, encoding: Encoding, from: (impl Operand, impl Operand), count: impl Operand) {
        self.count();
        self.in_order([from.0.is_on_stack(), from.1.is_on_stack(), count.is_on_stack()]);
        self.operand(from.0);
        from.1.push_folding(self);
        count.push_folding(self);
        self.string_operation(Operation::TextSize(encoding), None);
    }

    /// An intrinsic with a string, with its operands on the stack.
    fn string_operation(&mut self, operation: Operation, units: Option<TypeId>) {
        let Some(intrinsic) = Intrinsic::from_operation(operation) else {
            return self.fail(&format!("an intrinsic for {operation:?} does not exist"));
        };
        let signature = Signature::new(intrinsic, self.representation());
        // Operands may be null; a new string is not.
        let string = StringReference { nullable: units.is_none() };
        let signature = signature.and_then(|signature| signature.with_string(string));
        let signature = match units {
            None => signature,
            Some(TypeId(index)) => {
                let (Element::I16, true) = self.signatures.array(index).unwrap_or((Element::I8, false)) else {
                    let name = intrinsic.name();
                    return self
                        .fail(&format!("{name}: strings are made of (array (mut i16)), which type {index} is not"));
                };
                let ty = ArrayType { index, element: Element::I16, mutable: true };
                signature.and_then(|signature| signature.with_array(ArrayReference { nullable: false, ty }))
            }
        };
        match signature {
            Some(signature) => self.lower_signature(&signature),
            None => self.fail(&format!("{} cannot have strings", intrinsic.name())),
        }
    }
}
