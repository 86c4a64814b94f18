//! Text of GC arrays, and of strings of JavaScript, in segments.
//!
//! ```wasm
//! ;; to a new segment              ;; from a segment            ;; the size
//! ;; the array   index   count     ;; the address   the bytes   ;; the array   index   count
//! call $linmem.allocate_text...    call $linmem.decode...       call $linmem.text_size...
//! local.set $linmem.bytes
//! ;; make a segment of it
//! ```
//!
//! The size of a text depends on its elements. So where text is written to a segment, the checks before the array is read
//! are those of an access of no bytes at the offset, and the helper compares the size with the room from there on:
//!
//! ```wasm
//! ;; offset <= size
//! ;; the address   size - offset   the array   index   count
//! call $linmem.write_text...
//! local.set $linmem.held
//! ;; offset + held > size:
//! if  call $linmem.OutOfBounds  end
//! ```
//!
//! If freed segments are detected, the size is computed first, and the access is checked as any other.
//!
//! # Traps
//!
//! In this order, all before the first byte is written: in a violation of the segment at the offset; if the array is null;
//! if the range of the array is outside; in a violation of the bytes of the text; if an allocation finds no memory.

use crate::engine::knowledge::event::Event;
use crate::engine::locals::Scratch;
use crate::engine::lower::array::Elements;
use crate::engine::lower::bump::Size;
use crate::engine::lower::source::TextSource;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::helpers::{Helper, Transfer};
use crate::index::LocalIndex;
use crate::segment::{Extent, Held};
use crate::width::{PointerInstructions, PointerType};
use linmem_intrinsics::{ArrayType, Element, Encoding, Representation, Violation};

impl Engine {
    pub(in crate::engine) fn lower_text_size(
        &mut self,
        encoding: Encoding,
        source: TextSource,
        operands: [&Operand; 3],
    ) {
        for operand in operands {
            self.materialize(operand);
        }
        self.call_helper(source.size(encoding));
        self.push(Value::Unknown);
    }

    pub(in crate::engine) fn lower_get_text(
        &mut self,
        encoding: Encoding,
        source: TextSource,
        (segment, offset): (&mut Operand, &mut Operand),
        bytes: &mut Operand,
    ) -> Result<(), Certain> {
        self.check_access(segment, offset, bytes)?;
        self.materialize(bytes);
        let place = self.place(segment, offset);
        self.push_whole_place(place, segment, offset);
        self.trace_elements(Element::I8, &[self.context.width().val_type()], Transfer::Read);
        match source.make(encoding) {
            Some(helper) => self.call_helper(helper),
            // The doors do not lower such a signature.
            None => debug_assert!(false, "the arrays that strings are made of have a type"),
        }
        self.push(Value::Unknown);
        Ok(())
    }

    pub(in crate::engine) fn lower_set_text(
        &mut self,
        encoding: Encoding,
        source: TextSource,
        (segment, offset): (&mut Operand, &mut Operand),
        (array, index, count): (&mut Operand, &mut Operand, &mut Operand),
    ) -> Result<(), Certain> {
        self.check_access(segment, offset, &mut Operand::of_pointer(self.context.width(), 0))?;
        let elements = self.keep_range(source.val_type(), array, index, count);
        let bounds = self.trace_text_bounds(segment, offset);
        let address = if !self.context.checks_bounds() {
            self.write_text(encoding, source, (segment, offset), elements, None)
        } else if self.context.checks_segments() {
            self.push_elements(elements);
            self.call_helper(source.size(encoding));
            let bytes = self.keep_result();
            let position = Some(self.tape.here());
            let mut bytes = Operand { value: Value::Local(bytes), position, ..Operand::UNKNOWN };
            self.check_access(segment, offset, &mut bytes)?;
            self.write_text(encoding, source, (segment, offset), elements, None)
        } else {
            let (extent, start) = (self.extent(segment), self.hold(offset));
            let address = self.write_text(encoding, source, (segment, offset), elements, Some((extent, start)));
            self.check_written(extent, start);
            address
        };
        self.trace_text_written(address, bounds);
        self.push(Value::Unknown);
        Ok(())
    }

    /// Calls the helper that writes text if there is room for it: all bytes of a segment from an offset on, or any number.
    /// Returns the local that holds the address, if accesses are traced.
    fn write_text(
        &mut self,
        encoding: Encoding,
        source: TextSource,
        (segment, offset): (&Operand, &Operand),
        elements: Elements,
        room: Option<(Extent, Held)>,
    ) -> Option<LocalIndex> {
        let width = self.context.width();
        let place = self.place(segment, offset);
        self.push_whole_place(place, segment, offset);
        let address = self.trace_text();
        match room {
            Some((extent, Held::Constant(0))) => extent.push(self),
            Some((extent, offset)) => {
                extent.push(self);
                self.push_held(offset);
                self.tape.emit(|sink| {
                    sink.ptr_sub(width);
                });
            }
            None => self.tape.emit(|sink| {
                sink.ptr_const(width, u64::MAX);
            }),
        }
        self.push_elements(elements);
        self.call_helper(source.write(encoding));
        address
    }

    /// Checks that the bytes whose number is on the stack are inside a segment, and leaves it there. If they are not,
    /// nothing was written.
    fn check_written(&mut self, extent: Extent, offset: Held) {
        let bytes = self.keep_result();
        self.reads.clear();
        extent.push_outside(self, offset, Held::Local(bytes));
        self.write_if(|engine| {
            if engine.reports() {
                engine.push_held(offset);
                engine.push_held(Held::Local(bytes));
                extent.push(engine);
            }
            engine.call_helper(Helper::Violation(Violation::OutOfBounds));
        });
        self.reads.clear();
        self.push_held(Held::Local(bytes));
    }

    /// Pops a pointer that a helper returned into a local.
    fn keep_result(&mut self) -> LocalIndex {
        let here = self.tape.here();
        let local = self.locals.take_held(self.context.width().val_type(), here);
        self.tape.emit(|sink| {
            sink.local_set(local.0);
        });
        local
    }

    pub(in crate::engine) fn lower_allocate_text(
        &mut self,
        encoding: Encoding,
        source: TextSource,
        handle: &mut Operand,
        (array, index, count): (&mut Operand, &mut Operand, &mut Operand),
    ) {
        if let (Encoding::Latin1, TextSource::Array(ty @ ArrayType { element: Element::I8, .. })) = (encoding, source) {
            return self.lower_allocate_array(ty, handle, (array, index, count));
        }
        self.event(Event::Grow);
        self.trace_handle(handle);
        let elements = self.keep_range(source.val_type(), array, index, count);
        let maker = self.take_handle(handle);
        self.push_elements(elements);
        self.call_helper(source.allocate(encoding));
        let bytes = self.locals.scratch(Scratch::Bytes);
        self.tape.emit(|sink| {
            sink.local_set(bytes.0);
        });
        self.push_segment(Size::Local(bytes), maker);
        if self.context.representation == Representation::Address {
            self.tape.emit(|sink| {
                sink.local_get(bytes.0);
            });
            self.push(Value::Unknown);
        }
    }
}
