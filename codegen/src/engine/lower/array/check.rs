//! Checks that elements are inside a segment.

use crate::engine::knowledge::event::Event;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::segment::{Extent, Held};
use crate::width::{PointerInstructions, PointerType};
use linmem_allocator::Width;
use linmem_intrinsics::{Element, Violation};
use wasm_encoder::ValType;

impl Engine {
    /// Writes the checks of an access of `count` elements that the safety level requires.
    ///
    /// ```wasm
    /// local.get $offset   i64.extend_i32_u
    /// local.get $count   i64.extend_i32_u   i64.const BYTES   i64.mul   local.tee $linmem.held
    /// i64.add                                        ;; at most 2^32 - 1 + 16 * (2^32 - 1)
    /// ;; the size of the segment, as an i64
    /// i64.gt_u
    /// if  call $linmem.OutOfBounds  end
    /// ```
    ///
    /// A constant count, and a number of bytes, are checked as those of any other access.
    pub(super) fn check_elements(
        &mut self,
        element: Element,
        (segment, offset): (&mut Operand, &mut Operand),
        count: &mut Operand,
    ) -> Result<(), Certain> {
        let audits = self.traces() && self.context.representation.carries_size();
        if !self.context.checks_bounds() && !audits {
            return Ok(());
        }
        let width = self.context.width();
        if let Some(constant) = count.i32() {
            let Some(bytes) = (constant as u32).checked_mul(element.bytes()) else {
                if !self.context.checks_bounds() {
                    // The copy traps.
                    return Ok(());
                }
                let count = constant as u32;
                let message = format!(
                    "{count} elements of {} bytes, but a segment has at most {} bytes",
                    element.bytes(),
                    u32::MAX
                );
                let mut bytes = Operand::of_pointer(width, u32::MAX);
                return Err(self.write_out_of_bounds(segment, offset, &mut bytes, message));
            };
            return self.check_access(segment, offset, &mut Operand::of_pointer(width, bytes));
        }
        if element.bytes() == 1 && width == Width::Bits32 {
            return self.check_access(segment, offset, count);
        }
        let bytes = self.check_wide(element, segment, offset, count);
        if self.context.checks_segments() {
            // They are inside the segment, so that their number is a pointer.
            let here = self.tape.here();
            let narrow = self.locals.take_held(width.val_type(), here);
            self.tape.emit(|sink| {
                sink.local_get(bytes.0).ptr_wrap(width).local_set(narrow.0);
            });
            let position = Some(self.tape.here());
            let mut bytes = Operand { value: Value::Local(narrow), position, ..Operand::UNKNOWN };
            self.check_live(segment, offset, &mut bytes);
        }
        Ok(())
    }

    /// Checks that elements are inside a segment. Returns a local with the number of their bytes, an `i64`.
    fn check_wide(
        &mut self,
        element: Element,
        segment: &mut Operand,
        offset: &mut Operand,
        count: &mut Operand,
    ) -> LocalIndex {
        let width = self.context.width();
        let extent: Extent = self.extent(segment);
        let traced = (!self.context.checks_bounds()).then(|| self.start_of(segment));
        let offset: Held = self.hold(offset);
        let count = self.hold_in_local(count, ValType::I32);
        let here = self.tape.here();
        let bytes = self.locals.take_held(ValType::I64, here);
        self.reads.clear();
        self.tape.emit(|sink| {
            offset.push_wide(sink, width);
            sink.local_get(count.0).i64_extend_i32_u().i64_const(i64::from(element.bytes())).i64_mul();
            if planted::has(Bug::ArrayBytesWrap) {
                sink.i32_wrap_i64().i64_extend_i32_u();
            }
            sink.local_tee(bytes.0).i64_add();
        });
        extent.push_exceeded(self);
        let push_bytes = |engine: &mut Engine| {
            let most = i64::from(u32::MAX);
            engine.tape.emit(|sink| {
                sink.local_get(bytes.0).i64_const(most).local_get(bytes.0).i64_const(most).i64_lt_u().select();
                sink.ptr_wrap(width);
            });
        };
        self.write_if(|engine| {
            if let Some(start) = traced {
                return engine.trace_outside(start, offset, push_bytes);
            }
            if engine.reports() {
                engine.push_held(offset);
                push_bytes(engine);
                extent.push(engine);
            }
            engine.call_helper(Helper::Violation(Violation::OutOfBounds));
        });
        self.reads.clear();
        // It stays where it is.
        self.event(Event::Pinned);
        bytes
    }
}
