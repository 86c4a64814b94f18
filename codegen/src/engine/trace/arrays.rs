//! The events of copies between GC arrays and segments, and of text.
//!
//! A copy to a new segment has no event of its own: it is inside of the segment, and precedes the event of the allocation.

use crate::engine::operands::Operand;
use crate::engine::state::Engine;
use crate::helpers::{TraceEvent, Transfer};
use crate::index::LocalIndex;
use crate::segment::{Extent, Held, Start};
use crate::width::PointerInstructions;
use linmem_intrinsics::{ArrayType, Element};
use wasm_encoder::{HeapType, RefType, ValType};

/// A segment whose bounds are audited after an access, since the number of bytes is not known before.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Bounds {
    extent: Extent,
    start: Start,
    offset: Held,
}

impl Engine {
    /// Writes the event of a copy of a constant number of bytes, whose address is on the stack.
    pub(in crate::engine) fn trace_bytes(&mut self, bytes: u32, transfer: Transfer) {
        if !self.traces() {
            return;
        }
        let address = self.take_pointer();
        self.tape.emit(|sink| {
            sink.local_tee(address.0);
        });
        self.trace_range(transfer, |engine| engine.push_held(Held::Constant(bytes)));
        self.tape.emit(|sink| {
            sink.local_get(address.0);
        });
    }

    /// Writes the event of a copy of elements. Its address is on the stack, below the operands of these types, the last of which
    /// is the number of elements.
    pub(in crate::engine) fn trace_elements(&mut self, element: Element, above: &[ValType], transfer: Transfer) {
        if !self.traces() {
            return;
        }
        let above: Vec<LocalIndex> = above.iter().map(|ty| self.locals.take_spill(*ty)).collect();
        let address = self.take_pointer();
        self.tape.emit(|sink| {
            for local in above.iter().rev() {
                sink.local_set(local.0);
            }
            sink.local_tee(address.0);
        });
        let (count, width) = (above.last().copied().unwrap_or(address), self.context.width());
        self.trace_range(transfer, |engine| {
            engine.tape.emit(|sink| match element.bytes() {
                1 => {
                    sink.local_get(count.0);
                }
                bytes => {
                    // No access has that many bytes if the product has more than 32 bits.
                    let most = i64::from(u32::MAX);
                    sink.local_get(count.0).i64_extend_i32_u().i64_const(i64::from(bytes)).i64_mul().i64_const(most);
                    sink.local_get(count.0).i64_extend_i32_u().i64_const(i64::from(bytes)).i64_mul().i64_const(most);
                    sink.i64_lt_u().select().ptr_wrap(width);
                }
            });
        });
        self.tape.emit(|sink| {
            for local in std::iter::once(&address).chain(&above) {
                sink.local_get(local.0);
            }
        });
    }

    /// The operands of a copy from or to an array that are above the address.
    pub(in crate::engine) fn array_operands(&self, ty: ArrayType) -> [ValType; 3] {
        let array = ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.index) });
        [array, ValType::I32, ValType::I32]
    }

    /// Keeps the address on the stack for the event of a text.
    pub(in crate::engine) fn trace_text(&mut self) -> Option<LocalIndex> {
        self.traces().then(|| {
            let address = self.take_pointer();
            self.tape.emit(|sink| {
                sink.local_tee(address.0);
            });
            address
        })
    }

    /// Keeps what is needed to audit the bounds of a text, where the safety level does not check them.
    pub(in crate::engine) fn trace_text_bounds(
        &mut self,
        segment: &mut Operand,
        offset: &mut Operand,
    ) -> Option<Bounds> {
        let audits = self.traces() && !self.context.checks_bounds() && self.context.representation.carries_size();
        audits.then(|| {
            let extent = self.extent(segment);
            Bounds { extent, start: self.start_of(segment), offset: self.hold(offset) }
        })
    }

    /// Writes the events of a text that was written. The number of its bytes is on the stack.
    pub(in crate::engine) fn trace_text_written(&mut self, address: Option<LocalIndex>, bounds: Option<Bounds>) {
        let Some(address) = address else { return };
        let bytes = self.take_pointer();
        self.tape.emit(|sink| {
            sink.local_set(bytes.0);
        });
        if let Some(Bounds { extent, start, offset }) = bounds {
            extent.push_outside(self, offset, Held::Local(bytes));
            self.write_if(|engine| {
                engine.trace_outside(start, offset, |engine| engine.push_held(Held::Local(bytes)));
            });
        }
        self.trace_range(Transfer::Write, |engine| {
            engine.tape.emit(|sink| {
                sink.local_get(address.0).local_get(bytes.0);
            });
        });
        self.tape.emit(|sink| {
            sink.local_get(bytes.0);
        });
    }

    /// Writes the event of an access outside of its segment.
    pub(in crate::engine) fn trace_outside(&mut self, start: Start, offset: Held, bytes: impl FnOnce(&mut Engine)) {
        start.push(self, Held::Constant(0));
        self.push_held(offset);
        bytes(self);
        self.tape.emit(|sink| {
            sink.i32_const(Transfer::Either.code());
        });
        self.event_call(TraceEvent::Outside);
    }
}
