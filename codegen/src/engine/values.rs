//! Operations on values: pushes and pops them, materializes or removes them, and records the contents of locals. The
//! lowerings are written in terms of these.

use crate::code::FunctionRef;
use crate::engine::knowledge::contents::Content;
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::event::Outcome;
use crate::engine::knowledge::frames::FrameId;
use crate::engine::knowledge::frames::{RegionId, RegionKey};
use crate::engine::knowledge::proven::{Fact, Subject};
use crate::engine::late::Late;
use crate::engine::maker::Maker;
use crate::engine::number_id::NumbersId;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Engine, Origin};
use crate::engine::tape::Position;
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::sites::PlannedSite;
use crate::statics::StaticSegment;
use linmem_intrinsics::Signature;
use wasm_encoder::{InstructionSink, ValType};

impl Engine {
    pub(super) fn helper(&mut self, helper: Helper) -> FunctionRef {
        self.demands.add(helper);
        FunctionRef::Helper(helper)
    }

    /// Calls a helper whose operands are on the stack, and pushes the site if the helper takes it.
    pub(super) fn call_helper(&mut self, helper: Helper) {
        let target = self.helper(helper);
        if helper.takes_site(&self.context) {
            match self.site() {
                Some(site) => self.tape.call_with_site(site, target),
                None => {
                    self.tape.emit(|sink| {
                        sink.i32_const(-1);
                    });
                    self.tape.call(target);
                }
            }
        } else {
            self.tape.call(target);
        }
        // Tells WebAssembly engines that the helper does not return.
        if matches!(helper, Helper::Violation(_)) {
            self.tape.emit(|sink| {
                sink.unreachable();
            });
        }
    }

    /// The site of the intrinsic that is being lowered, by its position among those of the function.
    pub(super) fn site(&mut self) -> Option<u32> {
        match self.current {
            Some((_, Some(site))) => Some(site),
            Some((intrinsic, None)) => {
                let Origin { function, offset, source } = self.origin.clone();
                let site = self.demands.add_site(PlannedSite { intrinsic, function, offset, source });
                self.current = Some((intrinsic, Some(site)));
                Some(site)
            }
            None => None,
        }
    }

    #[inline(always)]
    pub(super) fn simple(&mut self, value: Value, write: impl FnOnce(&mut InstructionSink<'_>)) {
        if self.is_dead() {
            return;
        }
        let start = self.tape.len();
        self.tape.emit(write);
        let position = Some(self.tape.here());
        self.operands.push(Operand { value, position, start: Some(start), ..Operand::UNKNOWN });
    }

    #[inline(always)]
    pub(super) fn push(&mut self, value: Value) {
        let position = Some(self.tape.here());
        self.operands.push(Operand { value, position, ..Operand::UNKNOWN });
    }

    /// Pushes the value of a local, which is read only if its consumer needs the value on the stack.
    #[inline(always)]
    pub(super) fn push_read(&mut self, value: Value, local: LocalIndex) {
        let position = Some(self.tape.here());
        self.operands.push(Operand { value, source: Some(local), position, deferred: true, ..Operand::UNKNOWN });
    }

    #[inline(always)]
    pub(super) fn push_deferred(&mut self, value: Value) {
        let position = Some(self.tape.here());
        self.operands.push(Operand { value, position, deferred: true, ..Operand::UNKNOWN });
    }

    /// Pushes a constant pointer, which is written only if its consumer needs the value on the stack.
    pub(super) fn push_constant(&mut self, constant: u32) {
        self.push_deferred(Value::of_pointer(self.context.width(), constant));
    }

    /// Pushes a segment over static data, which is written only if its consumer needs the value on the stack.
    pub(super) fn push_static(&mut self, segment: StaticSegment) {
        self.push_static_of(segment, None);
    }

    /// Pushes a segment over static data, which may be the value of a local.
    pub(super) fn push_static_of(&mut self, segment: StaticSegment, source: Option<LocalIndex>) {
        let (value, position) = (Value::Static(segment), Some(self.tape.here()));
        let bytes = Some(segment.bytes + u32::from(planted::has(Bug::StaticOneByteFurther)));
        self.operands.push(Operand { value, source, position, deferred: true, bytes, ..Operand::UNKNOWN });
    }

    /// Pushes a segment whose address is on the stack. `write` emits only the instructions that make the segment of the
    /// address, so that they can be removed. Its size may be known.
    pub(super) fn push_packed(
        &mut self,
        value: Value,
        bytes: Option<u32>,
        write: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        let packing = Some(self.tape.here());
        self.tape.emit(write);
        let position = Some(self.tape.here());
        self.operands.push(Operand { value, position, packing, bytes, ..Operand::UNKNOWN });
    }

    pub(super) fn pop(&mut self) -> Operand {
        let floor = self.control.last().map_or(0, |control| control.floor);
        self.operands.pop(floor)
    }

    /// Pops operands for an instruction that takes them from the stack.
    pub(super) fn consume(&mut self, count: u32) {
        for _ in 0..count {
            let operand = self.pop();
            self.materialize(&operand);
        }
    }

    /// Pops operands for an instruction that takes them from the stack, and returns the value of the top one.
    pub(super) fn pops(&mut self, count: u32) -> Value {
        let mut top = Value::Unknown;
        for position in 0..count {
            let operand = self.pop();
            self.materialize(&operand);
            if position == 0 {
                top = operand.value;
            }
        }
        top
    }

    /// Pushes unknown results. Only the last one has a position, on top of the stack.
    pub(super) fn produce(&mut self, count: u32) {
        for left in (0..count).rev() {
            let position = (left == 0).then(|| self.tape.here());
            self.operands.push(Operand { position, ..Operand::UNKNOWN });
        }
    }

    /// Discards the known operands above the current floor.
    pub(super) fn forget(&mut self) {
        let floor = self.control.last().map_or(0, |control| control.floor);
        let known = self.operands.height().saturating_sub(floor);
        self.consume(known as u32);
    }

    /// Marks the code that follows as unreachable, after a branch to a label or any other reason.
    pub(super) fn die(&mut self, label: Option<u32>) {
        self.event(Event::Diverge { label });
        let floor = self.control.last().map_or(0, |control| control.floor);
        self.operands.truncate(floor);
        self.dead = Some(0);
    }

    /// Drops the operands of the arm that ends here.
    pub(super) fn end_arm(&mut self) {
        let floor = self.control.last().map_or(0, |control| control.floor);
        self.operands.truncate(floor);
        self.dead = None;
    }

    /// Records an event, and acts on its outcome.
    pub(crate) fn event(&mut self, event: Event) {
        let outcome = self.knowledge.event(event, &mut self.locals);
        let Outcome { ended_loop, ended_rounds, ended_group, needed, unneeded, retired } = outcome;
        for check in needed {
            self.demands.functions.extend(check.calls);
        }
        for check in unneeded {
            self.tape.remove(check.code);
        }
        if let Some(scan) = ended_loop {
            self.hoist_checks(&scan);
        }
        if let Some(group) = ended_group {
            self.write_group(&group);
        }
        for (frame, base) in retired {
            // A segment of the frame on the operand stack may still be used.
            if !self.operands.has_slot_of(frame) {
                self.locals.free_base(base);
            }
        }
        self.ended_rounds = ended_rounds;
    }

    /// Writes the instruction that pushes an operand, if it was deferred.
    pub(super) fn materialize(&mut self, operand: &Operand) {
        let (true, Some(position)) = (operand.deferred, operand.position) else { return };
        match operand.value {
            Value::Slot(slot) => match operand.source {
                Some(local) => self.insert_read(local, position),
                None => {
                    self.scopes.need(slot.frame);
                    self.tape.insert_late(position, Late::Slot(slot));
                }
            },
            Value::Region(_) => {
                if let Some(local) = operand.source {
                    self.insert_read(local, position);
                }
            }
            Value::Structure(_, local) => self.tape.insert(position, |sink| {
                sink.local_get(local.0).ref_as_non_null();
            }),
            Value::Numbers(id) => self.insert_structure(id, position),
            Value::I32(constant) => self.tape.insert(position, |sink| {
                sink.i32_const(constant);
            }),
            Value::I64(constant) => self.tape.insert(position, |sink| {
                sink.i64_const(constant);
            }),
            Value::Static(segment) => self.tape.insert_late(position, Late::Static(segment)),
            Value::StaticAddress(segment) => self.tape.insert_late(position, Late::StaticAddress(segment)),
            Value::Unknown
            | Value::Local(_)
            | Value::At(_)
            | Value::Sum(..)
            | Value::Size(_)
            | Value::Comparison(_)
            | Value::Data(_)
            | Value::Constants(_) => {}
        }
    }

    fn insert_read(&mut self, local: LocalIndex, position: Position) {
        self.locals.contents.read(local);
        let local = self.locals.write(local);
        self.tape.insert(position, |sink| {
            sink.local_get(local.0);
        });
    }

    /// Inserts the instructions that push a segment that is numbers as a structure.
    fn insert_structure(&mut self, id: NumbersId, position: Position) {
        let Some(types) = self.context.segments.types() else { return };
        let (start, size) = (self.number_start(id), self.number_size(id));
        let region = types.has_regions().then(|| self.number_region(id));
        self.tape.insert(position, |sink| {
            sink.local_get(start.0).local_get(size.0);
            if let Some(region) = region {
                sink.local_get(region.0).ref_as_non_null();
            }
            sink.struct_new(types.segment());
        });
    }

    /// Removes the code that makes a segment of the address on the stack, if there is nothing else.
    pub(super) fn leave_address(&mut self, operand: &Operand) {
        match (operand.position, operand.packing, operand.made) {
            (_, Some(_), Some(made)) => self.leave_start(operand, made),
            (Some(position), Some(packing), None) => self.tape.delete(packing.byte(), position),
            _ => {}
        }
    }

    /// Removes an operand: deletes the instruction that pushed it, or drops its value.
    pub(super) fn discard(&mut self, operand: &Operand) {
        match (operand.position, operand.start) {
            (Some(position), Some(start)) => self.tape.delete(start, position),
            (Some(position), None) if !operand.deferred => {
                self.leave_address(operand);
                self.tape.insert(position, |sink| {
                    sink.drop();
                });
            }
            _ => {}
        }
    }

    /// Records that a local holds a segment of a frame, or the handle of a region that was just opened, if the operand
    /// is one. The assignment is written only if something reads the local.
    pub(super) fn define(&mut self, local: LocalIndex, operand: &Operand) -> Option<Value> {
        if let (Value::Region(region), None, Some(position)) = (operand.value, operand.source, operand.position)
            && operand.start.is_some()
            && self.tape.is_end(position)
        {
            self.discard(operand);
            let is_static = self.static_regions.contains(&region);
            self.tape.late(if is_static { Late::StaticHandle(local) } else { Late::Handle(local) });
            self.assigned(local, operand);
            self.learn_content(local, Content::Region(region));
            return Some(operand.value);
        }
        let numbers = self.numbers.of(local);
        if let (Value::Static(segment), true, true) =
            (operand.value, operand.deferred, numbers.is_some() || self.is_in_static_frame(operand))
        {
            self.tape.late(match numbers {
                Some(numbers) => Late::StaticNumbers(segment, numbers),
                None => Late::StaticDefinition(local, segment),
            });
            let position = self.tape.here();
            let times = self.frequency();
            self.event(Event::Assign { local, step: None, at: position, times });
            self.learn_content(local, Content::Static(segment));
            return Some(operand.value);
        }
        let Value::Slot(slot) = operand.value else { return None };
        if !operand.deferred {
            return None;
        }
        let definition = self.knowledge.frames.define(slot, local);
        self.tape.late(Late::Definition(definition));
        let position = self.tape.here();
        let times = self.frequency();
        self.event(Event::Assign { local, step: None, at: position, times });
        self.learn_content(local, Content::Slot(definition));
        Some(operand.value)
    }

    /// Records that the program has just assigned a local.
    pub(super) fn assigned(&mut self, local: LocalIndex, operand: &Operand) {
        if self.context.is_packed() && self.locals.may_hold(local, ValType::I64) {
            self.tape.late(Late::Assigned(local));
        }
        let position = self.tape.here();
        let step = match operand.value {
            Value::Sum(of, step) if of == local => Some(step),
            _ => None,
        };
        let times = self.frequency();
        self.event(Event::Assign { local, step, at: position, times });
    }

    /// Records the content of a local, if it is a handle or a segment of known size.
    pub(super) fn learn(&mut self, local: LocalIndex, operand: &Operand) {
        if let Value::Region(region) = operand.value {
            self.learn_content(local, Content::Region(region));
        }
        let bytes = match operand.value {
            Value::I64(constant) => self.context.segments.constant_size(constant),
            _ => operand.bytes,
        };
        if let (Some(bytes), true) = (bytes, self.context.checks_bounds()) {
            self.prove(Fact::Exactly(Subject::Local(local), bytes));
        }
    }

    fn learn_content(&mut self, local: LocalIndex, content: Content) {
        self.knowledge.learn(local, content, &mut self.locals);
    }

    /// The key that identifies the region of a handle, if there is one.
    pub(super) fn region_key(&self, handle: &Operand) -> Option<RegionKey> {
        match handle.value {
            Value::Region(region) => Some(RegionKey::Opened(region)),
            Value::Local(local) if self.locals.is_constant_parameter(local) => Some(RegionKey::Parameter(local)),
            _ => None,
        }
    }

    pub(super) fn new_region(&mut self) -> RegionId {
        self.regions += 1;
        RegionId(self.regions - 1)
    }

    /// Pops the operands of an intrinsic, first to last. Afterwards each has a position: if one was unknown, all are
    /// stored in locals and read back.
    pub(super) fn take(&mut self, signature: &Signature, operands: &mut Vec<Operand>) {
        let count = signature.operand_count();
        self.pop_all(count, operands);
        if operands.iter().any(|operand| operand.position.is_none()) {
            self.spill(signature, operands);
            self.pop_all(count, operands);
        }
    }

    fn pop_all(&mut self, count: usize, operands: &mut Vec<Operand>) {
        let floor = self.control.last().map_or(0, |control| control.floor);
        self.operands.pop_all(count, floor, operands);
    }

    /// Stores operands that were popped in locals, and reads them back.
    pub(super) fn spill(&mut self, signature: &Signature, operands: &[Operand]) {
        let types = self.context.operand_types(signature);
        let mut spilled = Vec::new();
        for (operand, ty) in operands.iter().zip(&types).rev() {
            self.materialize(operand);
            let local = self.locals.take_spill(*ty);
            self.tape.emit(|sink| {
                sink.local_set(local.0);
            });
            spilled.push(local);
        }
        for local in spilled.into_iter().rev() {
            self.simple(Value::Unknown, |sink| {
                sink.local_get(local.0);
            });
        }
    }

    /// Reserves a place to keep the region of a frame, in case one of its segments becomes a structure.
    pub(super) fn leave_scope_place(&mut self, frame: FrameId, maker: Maker) {
        if self.context.has_scopes() {
            self.tape.late(Late::KeepScope(frame, maker));
        }
    }
}
