//! The events of calls of the host: the memory that they access, and what they allocate.

use crate::engine::operands::Operand;
use crate::engine::state::Engine;
use crate::engine::trace::regions::Before;
use crate::helpers::{Helper, Pointer, TraceEvent, Transfer};
use crate::index::LocalIndex;
use crate::segment::Held;
use crate::width::PointerInstructions;
use linmem_intrinsics::{Operand as Meaning, Signature};
use wasm_encoder::ValType;

impl Engine {
    /// Writes the events of the segments that are operands of a host call.
    pub(in crate::engine) fn trace_segments(&mut self, operands: &mut [Operand], meanings: &[Meaning]) {
        if !self.traces() {
            return;
        }
        let carries_size = self.context.representation.carries_size();
        for position in 0..meanings.len().min(operands.len()) {
            let (segment, rest) = operands[position..].split_at_mut(1);
            let [segment] = segment else { continue };
            let fixed = match meanings[position] {
                Meaning::Record(record) => Some(record.bytes()),
                meaning if meaning.is_sized() => None,
                _ => continue,
            };
            match (fixed, rest) {
                (_, _) if carries_size => {
                    let extent = self.extent(segment);
                    let start = self.start_of(segment);
                    self.trace_range(Transfer::Either, |engine| {
                        start.push(engine, Held::Constant(0));
                        match fixed {
                            Some(bytes) => engine.push_held(Held::Constant(bytes)),
                            None => extent.push(engine),
                        }
                    });
                }
                (Some(bytes), _) => {
                    let address = self.hold(segment);
                    self.trace_range(Transfer::Either, |engine| {
                        engine.push_held(address);
                        engine.push_held(Held::Constant(bytes));
                    });
                }
                (None, [bytes, ..]) => {
                    let (address, bytes) = (self.hold(segment), self.hold(bytes));
                    self.trace_range(Transfer::Either, |engine| {
                        engine.push_held(address);
                        engine.push_held(bytes);
                    });
                }
                (None, []) => {}
            }
        }
    }

    /// Keeps what the event of a host call that allocates needs.
    pub(in crate::engine) fn trace_before(
        &mut self,
        signature: &Signature,
        operands: &mut [Operand],
    ) -> Option<Before> {
        let allocates = signature.operands().first() == Some(&Meaning::Allocator);
        match operands {
            [handle, ..] if allocates => self.trace_close(handle),
            _ => None,
        }
    }

    /// Writes the event of the memory that a host call has allocated: everything between the old top and the new one.
    ///
    /// ```wasm
    /// ;; the handle   the old top   the new top   the old top   i32.sub   ;; the site
    /// call $linmem.trace_allocate
    /// ```
    pub(in crate::engine) fn trace_after(&mut self, before: Option<Before>) {
        let Some(Before { handle, top: before }) = before else { return };
        let (top, width) = (self.context.top(), self.context.width());
        self.push_held(handle);
        self.tape.emit(|sink| {
            sink.local_get(before.0).global_get(top).local_get(before.0).ptr_sub(width);
        });
        self.call_helper(Helper::TraceAllocate);
    }

    /// Writes the events of a call of the host, before the call. Its operands have these types.
    pub(crate) fn trace_host_call(&mut self, name: &'static str, types: &[ValType], pointers: &[Pointer]) {
        self.around(name, types.len() as u32, |engine| {
            let operands: Vec<LocalIndex> = types.iter().map(|ty| engine.locals.take_spill(*ty)).collect();
            engine.tape.emit(|sink| {
                for local in operands.iter().rev() {
                    sink.local_set(local.0);
                }
            });
            for pointer in pointers {
                engine.trace_pointer(&operands, *pointer);
            }
            engine.tape.emit(|sink| {
                for local in &operands {
                    sink.local_get(local.0);
                }
            });
        });
    }

    fn trace_pointer(&mut self, operands: &[LocalIndex], pointer: Pointer) {
        let get = |position: usize| operands.get(position).copied().map_or(Held::Constant(0), Held::Local);
        match pointer {
            Pointer::Fixed { address, bytes, transfer } => self.trace_range(transfer, |engine| {
                engine.push_held(get(address));
                engine.push_held(Held::Constant(bytes));
            }),
            Pointer::Sized { address, bytes, transfer } => self.trace_range(transfer, |engine| {
                engine.push_held(get(address));
                engine.push_held(get(bytes));
            }),
            Pointer::Vectors { list, count, transfer } => {
                self.push_held(get(list));
                self.push_held(get(count));
                self.tape.emit(|sink| {
                    sink.i32_const(transfer.code());
                });
                self.event_call(TraceEvent::Vectors);
            }
        }
    }
}
