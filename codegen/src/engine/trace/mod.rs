//! The events of a traced module: see [`TraceEvent`].
//!
//! A load or store is checked against the memory that shadows the accessed one, with the same address and the same number of
//! bytes, immediately before it:
//!
//! ```wasm
//! ;; the address   the value
//! local.set $value   local.tee $address
//! i32.load (memory $linmem.shadow) offset=OFFSET
//! if
//!   local.get $address   i32.const OFFSET   i32.const BYTES   i32.const TRANSFER   i32.const SITE   call $access
//! end
//! local.get $address   local.get $value
//! ;; i32.store offset=OFFSET
//! ```
//!
//! The check belongs to the instruction, not to the intrinsic, so that combining, moving or omitting the checks of the safety
//! level does not affect it. The shadow covers every address, so that the check traps only if the instruction does.
//!
//! Allocations do not share frames. Each is followed by bytes that belong to no allocation, so that an access that
//! leaves one of two adjacent segments is seen. Where regions have no headers, the same gap begins a region, so that the
//! handles of two open regions differ.

mod arrays;
mod calls;
mod regions;

use crate::code::FunctionRef;
use crate::engine::lower::bounds::Judgement;
use crate::engine::operands::Operand;
use crate::engine::state::Engine;
use crate::helpers::{HostImport, TraceEvent, Transfer};
use crate::index::LocalIndex;
use crate::width::{PointerInstructions, PointerType};
use wasm_encoder::{InstructionSink, MemArg, ValType};

impl Engine {
    /// Whether accesses are traced.
    pub(crate) fn traces(&self) -> bool {
        self.context.trace.is_some()
    }

    /// The memory that segments are in.
    pub(crate) fn memory(&self) -> u32 {
        self.context.memory.0
    }

    /// Calls the host. The operands of the event are on the stack, except for the site.
    fn event_call(&mut self, event: TraceEvent) {
        let target = FunctionRef::Host(HostImport::Trace(event));
        self.demands.add_function(target);
        match self.site() {
            Some(site) => self.tape.call_with_site(site, target),
            None => {
                self.tape.emit(|sink| {
                    sink.i32_const(-1);
                });
                self.tape.call(target);
            }
        }
    }

    fn take_pointer(&mut self) -> LocalIndex {
        self.locals.take_spill(self.context.width().val_type())
    }

    /// Writes the check of a load or store whose operands are on the stack: the address, and values of the types `above`.
    pub(in crate::engine) fn trace_access(&mut self, offset: u64, bytes: u32, transfer: Transfer, above: &[ValType]) {
        if !self.traces() {
            return;
        }
        let above: Vec<LocalIndex> = above.iter().map(|ty| self.locals.take_spill(*ty)).collect();
        let address = self.take_pointer();
        self.tape.emit(|sink| {
            for local in above.iter().rev() {
                sink.local_set(local.0);
            }
            sink.local_set(address.0);
        });
        self.trace_access_at(address, offset, bytes, transfer);
        self.tape.emit(|sink| {
            for local in std::iter::once(&address).chain(&above) {
                sink.local_get(local.0);
            }
        });
    }

    /// Writes the check of a load or store whose address is in a local.
    pub(in crate::engine) fn trace_access_at(
        &mut self,
        address: LocalIndex,
        offset: u64,
        bytes: u32,
        transfer: Transfer,
    ) {
        let Some(shadow) = self.context.trace else { return };
        let width = self.context.width();
        self.tape.emit(|sink| {
            sink.local_get(address.0);
            any_byte(sink, bytes, MemArg { offset, align: 0, memory_index: shadow.0 });
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.local_get(address.0).ptr_const(width, offset).ptr_const(width, u64::from(bytes));
                sink.i32_const(transfer.code());
            });
            engine.event_call(TraceEvent::Access);
        });
    }

    /// Writes the event of an operation on a range. The address and the number of bytes are pushed by `push`.
    fn trace_range(&mut self, transfer: Transfer, push: impl FnOnce(&mut Engine)) {
        push(self);
        self.tape.emit(|sink| {
            sink.i32_const(transfer.code());
        });
        self.event_call(TraceEvent::Range);
    }

    /// Writes the events of `memory.fill`, whose operands are on the stack.
    pub(in crate::engine) fn trace_fill(&mut self) {
        let pointer = self.context.width().val_type();
        self.trace_ranges([pointer, ValType::I32, pointer], true, false);
    }

    /// Writes the events of `memory.copy`, whose operands are on the stack.
    pub(in crate::engine) fn trace_copy(&mut self) {
        let pointer = self.context.width().val_type();
        self.trace_ranges([pointer; 3], true, true);
    }

    /// Writes the events of an instruction with three operands: the address that is written, that is read if there is one, and
    /// the number of bytes.
    fn trace_ranges(&mut self, types: [ValType; 3], writes: bool, reads: bool) {
        if !self.traces() {
            return;
        }
        let [to, from, bytes] = types.map(|ty| self.locals.take_spill(ty));
        self.tape.emit(|sink| {
            sink.local_set(bytes.0).local_set(from.0).local_set(to.0);
        });
        let ranges = [(reads, from, Transfer::Read), (writes, to, Transfer::Write)];
        for (_, address, transfer) in ranges.into_iter().filter(|(is_traced, ..)| *is_traced) {
            self.trace_range(transfer, |engine| {
                engine.tape.emit(|sink| {
                    sink.local_get(address.0).local_get(bytes.0);
                });
            });
        }
        self.tape.emit(|sink| {
            sink.local_get(to.0).local_get(from.0).local_get(bytes.0);
        });
    }

    /// Writes the check of an access against the size of its segment, where the safety level does not check that.
    pub(in crate::engine) fn trace_bounds(&mut self, segment: &mut Operand, offset: &mut Operand, bytes: &mut Operand) {
        if !self.traces() || self.context.checks_bounds() || !self.context.representation.carries_size() {
            return;
        }
        let subject = self.subject(segment);
        let judgement = self.judge(segment, subject, offset, bytes);
        if matches!(judgement, Judgement::Inside) {
            return;
        }
        let extent = self.extent(segment);
        let start = self.start_of(segment);
        let (offset, bytes) = (self.hold(offset), self.hold(bytes));
        let report = |engine: &mut Engine| engine.trace_outside(start, offset, |engine| engine.push_held(bytes));
        match judgement {
            Judgement::Outside(_) => report(self),
            _ => {
                extent.push_outside(self, offset, bytes);
                self.write_if(report);
            }
        }
    }

    /// Writes the check of a load or store of the program, before the instruction. Its operands are on the stack.
    pub(crate) fn trace_instruction(
        &mut self,
        name: &'static str,
        offset: u64,
        bytes: u32,
        transfer: Transfer,
        above: &[ValType],
    ) {
        self.around(name, above.len() as u32 + 1, |engine| engine.trace_access(offset, bytes, transfer, above));
    }

    /// Writes the events of a bulk operation of the program, before the instruction. Its three operands are on the stack.
    pub(crate) fn trace_bulk(&mut self, name: &'static str, types: [ValType; 3], writes: bool, reads: bool) {
        self.around(name, 3, |engine| engine.trace_ranges(types, writes, reads));
    }

    /// Writes code before an instruction of the program, whose operands it leaves as they are.
    fn around(&mut self, name: &'static str, operands: u32, write: impl FnOnce(&mut Engine)) {
        if self.is_dead() {
            return;
        }
        self.consume(operands);
        self.current = Some((name, None));
        write(self);
        self.current = None;
        self.locals.free_spills();
        self.produce(operands);
    }
}

/// Replaces an address on the stack by whether any of some bytes is not zero.
fn any_byte(sink: &mut InstructionSink<'_>, bytes: u32, at: MemArg) {
    match bytes {
        1 => sink.i32_load8_u(at),
        2 => sink.i32_load16_u(at),
        4 => sink.i32_load(at),
        8 => sink.i64_load(at).i64_const(0).i64_ne(),
        _ => sink.v128_load(at).v128_any_true(),
    };
}
