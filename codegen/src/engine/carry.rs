//! Segments that become numbers, and numbers that are assigned, copied and used.

use crate::engine::late::Late;
use crate::engine::number_id::{MadeId, NumbersId, PartUse};
use crate::engine::numbers::{Made, Numbers, PartSource, Purpose, read};
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::planted::{self, Optimization};
use crate::segment::SegmentTypes;
use crate::width::PointerType;
use wasm_encoder::ValType;

impl Engine {
    /// Records that a local of the program holds only segments that this function makes, and is assigned before it is read.
    pub(crate) fn carry_local(&mut self, local: LocalIndex) {
        if let Some(numbers) = self.new_numbers() {
            self.numbers.of_locals.insert(local, numbers);
        }
    }

    /// Adds the locals of a segment, unless the function has too many.
    pub(super) fn new_numbers(&mut self) -> Option<NumbersId> {
        /// The number of locals that are left for other purposes.
        const LEFT: usize = 4096;
        let types = self.context.segments.types().filter(|_| self.locals.has_room(LEFT))?;
        let pointer = self.context.width().val_type();
        let region = types.has_regions().then(|| types.region_reference(true));
        let numbers = Numbers {
            start: self.locals.add_number(pointer, "linmem.start"),
            size: self.locals.add_number(pointer, "linmem.size"),
            region: region.map(|ty| self.locals.add_number(ty, "linmem.region")),
        };
        self.numbers.all.push(numbers);
        Some(NumbersId(self.numbers.all.len() as u32 - 1))
    }

    /// The local that holds the start of a segment that is numbers.
    pub(super) fn number_start(&mut self, id: NumbersId) -> LocalIndex {
        self.read_number(id, |numbers| Some(numbers.start))
    }

    /// The local that holds the size of a segment that is numbers.
    pub(super) fn number_size(&mut self, id: NumbersId) -> LocalIndex {
        self.read_number(id, |numbers| Some(numbers.size))
    }

    /// The local that holds the region of a segment that is numbers.
    pub(super) fn number_region(&mut self, id: NumbersId) -> LocalIndex {
        self.read_number(id, |numbers| numbers.region)
    }

    /// Pushes one of the numbers of two segments, for each of them.
    ///
    /// ```wasm
    /// local.get $start.0   local.get $start.1   local.get $condition   select   local.set $linmem.start
    /// ```
    pub(super) fn choose_numbers(&mut self, first: NumbersId, second: NumbersId, condition: LocalIndex, to: NumbersId) {
        let all = (self.numbers.get(first), self.numbers.get(second), self.numbers.get(to));
        let (Some(first), Some(second), Some(to)) = all else { return };
        for ((first, second), to) in first.all().zip(second.all()).zip(to.all()) {
            self.numbers.copies.extend([(first, to), (second, to)]);
            self.tape.late(Late::Choose { numbers: (first, second), condition, to });
        }
    }

    fn read_number(&mut self, id: NumbersId, of: impl FnOnce(Numbers) -> Option<LocalIndex>) -> LocalIndex {
        // Each id is that of an entry, and regions are asked for only where there are some.
        let local = self.numbers.get(id).and_then(of).unwrap_or(LocalIndex(0));
        read(&mut self.locals, local)
    }

    /// Reserves the place where a part of a new segment is pushed.
    pub(super) fn part_use(&mut self, source: PartSource) -> PartUse {
        let part = PartUse(self.numbers.parts.len() as u32);
        self.numbers.parts.push((source, Purpose::Part));
        self.tape.late(Late::NewPart(part));
        part
    }

    /// Pushes the size of a new segment, which is the operand on top of the stack.
    pub(super) fn push_new_size(&mut self, bytes: &Operand) -> Option<PartUse> {
        match self.constant(bytes) {
            Some(constant) => {
                self.discard(bytes);
                Some(self.part_use(PartSource::Size(constant)))
            }
            None => {
                self.materialize(bytes);
                None
            }
        }
    }

    /// Pushes a structure of the start, the size and possibly the region that are on the stack.
    pub(super) fn push_made(
        &mut self,
        types: SegmentTypes,
        bytes: Option<u32>,
        (size, region): (Option<PartUse>, Option<PartUse>),
    ) {
        let parts = self.tape.here();
        self.tape.emit(|sink| {
            sink.struct_new(types.segment());
        });
        let position = Some(self.tape.here());
        let is_free = !self.traces() && !planted::is_off(Optimization::Numbers);
        let made = is_free.then(|| {
            self.numbers.made.push(Made { parts, size, region });
            MadeId(self.numbers.made.len() as u32 - 1)
        });
        self.operands.push(Operand { position, bytes, made, ..Operand::UNKNOWN });
    }

    /// Removes the instruction that makes a structure, so that only its start is on the stack, where the structure was.
    pub(super) fn leave_start(&mut self, operand: &Operand, made: MadeId) {
        let (Some(Made { parts, size, region }), Some(position)) = (self.parts_of(made), operand.position) else {
            return;
        };
        self.tape.delete(parts.byte(), position);
        for part in [size, region].into_iter().flatten() {
            self.set_purpose(part, Purpose::Nothing);
        }
        if size.is_none() {
            self.tape.insert(position, |sink| {
                sink.drop();
            });
        }
    }

    /// Removes the instruction that makes the structure on top of the stack, and assigns its parts.
    fn take_apart(&mut self, operand: &Operand, made: MadeId, to: Numbers) {
        let (Some(Made { parts, size, region }), Some(position)) = (self.parts_of(made), operand.position) else {
            return;
        };
        // Otherwise code in between may read the numbers that are assigned.
        let at_once = self.tape.is_end(position);
        self.tape.delete(parts.byte(), position);
        for (part, local) in [(region, to.region), (size, Some(to.size))] {
            match (part, local) {
                (Some(part), Some(local)) if at_once => self.set_purpose(part, Purpose::Local(local)),
                (_, Some(local)) => self.tape.late(Late::KeepNumber(local)),
                (_, None) => {}
            }
        }
        self.tape.late(Late::KeepNumber(to.start));
    }

    fn parts_of(&self, made: MadeId) -> Option<Made> {
        self.numbers.made.get(made.0 as usize).copied()
    }

    fn set_purpose(&mut self, region: PartUse, purpose: Purpose) {
        if let Some((_, old)) = self.numbers.parts.get_mut(region.0 as usize) {
            *old = purpose;
        }
    }

    /// Whether an operand is a segment whose numbers are known, so that it need not become a structure.
    pub(super) fn has_numbers(&self, operand: &Operand) -> bool {
        operand.made.is_some()
            || operand.deferred && matches!(operand.value, Value::Numbers(_) | Value::Slot(_) | Value::Static(_))
    }

    /// Pops a segment from the top of the stack, and assigns its numbers.
    pub(super) fn store_numbers(&mut self, operand: &Operand, id: NumbersId) {
        let Some(to) = self.numbers.get(id) else { return };
        match (operand.made, operand.value) {
            (Some(made), _) => self.take_apart(operand, made, to),
            (None, Value::Numbers(from)) => self.copy_numbers(from, id, None),
            (None, Value::Slot(slot)) if operand.deferred => {
                if let Some(region) = to.region {
                    let of_frame = self.part_use(PartSource::Frame(slot.frame));
                    self.set_purpose(of_frame, Purpose::Local(region));
                }
                self.tape.late(Late::SlotNumbers(slot, id));
            }
            (None, Value::Static(segment)) if operand.deferred => self.tape.late(Late::StaticNumbers(segment, id)),
            _ => self.cast_to_numbers(operand, to),
        }
    }

    /// Assigns the numbers of a structure. Only code that is looked through for findings has such an operand here.
    fn cast_to_numbers(&mut self, operand: &Operand, to: Numbers) {
        let Some(types) = self.context.segments.types() else { return };
        self.materialize(operand);
        let position = self.tape.here();
        let held = self.locals.take_held(ValType::Ref(types.segment_reference(true)), position);
        let [start, size] = [to.start, to.size].map(|local| read(&mut self.locals, local));
        let region = to.region.map(|local| read(&mut self.locals, local));
        self.tape.emit(|sink| {
            types.cast(sink).local_set(held.0);
            types.start(sink.local_get(held.0)).local_set(start.0);
            types.size(sink.local_get(held.0)).local_set(size.0);
            if let Some(region) = region {
                types.region_of(sink.local_get(held.0)).local_set(region.0);
            }
        });
    }

    /// Copies the numbers of a segment, here or at an earlier position.
    pub(super) fn copy_numbers(&mut self, from: NumbersId, to: NumbersId, at: Option<Position>) {
        let (Some(from), Some(to)) = (self.numbers.get(from), self.numbers.get(to)) else { return };
        for (from, to) in from.all().zip(to.all()).filter(|(from, to)| from != to) {
            self.numbers.copies.push((from, to));
            match at {
                Some(position) => self.tape.insert_late(position, Late::CopyNumber(from, to)),
                None => self.tape.late(Late::CopyNumber(from, to)),
            }
        }
    }

    /// Takes the structure that was just made off the top of the stack, as numbers.
    pub(super) fn take_numbers(&mut self, operand: &mut Operand) {
        let Some(types) = self.context.segments.types() else { return };
        let (pointer, position) = (self.context.width().val_type(), self.tape.here());
        let numbers = Numbers {
            start: self.locals.take_held(pointer, position),
            size: self.locals.take_held(pointer, position),
            region: types.has_regions().then(|| self.locals.take_held(types.region_reference(true), position)),
        };
        self.numbers.all.push(numbers);
        let id = NumbersId(self.numbers.all.len() as u32 - 1);
        self.store_numbers(operand, id);
        let bytes = operand.bytes;
        *operand = Operand { value: Value::Numbers(id), deferred: true, bytes, ..Operand::UNKNOWN };
    }

    /// Assigns a local of the program that is numbers.
    pub(super) fn assign_numbers(&mut self, local: LocalIndex, id: NumbersId, operand: &Operand) {
        self.keep_pending(id);
        if self.define(local, operand).is_none() {
            self.store_numbers(operand, id);
            self.assigned(local, operand);
            self.learn(local, operand);
        }
    }

    /// Keeps the values of operands that were read from a local that is about to be assigned.
    fn keep_pending(&mut self, id: NumbersId) {
        let positions = self.operands.positions_of(id);
        let Some(first) = positions.first().copied() else { return };
        let Some(copy) = self.new_numbers() else {
            // There is no room: they become structures.
            for position in positions {
                if let Some(operand) = self.operands.at(position) {
                    self.materialize(&operand);
                    self.operands.replace(position, Operand { position: operand.position, ..Operand::UNKNOWN });
                }
            }
            return;
        };
        // The local was not assigned since the first of them was pushed, as otherwise it would have been kept then.
        if let Some(at) = self.operands.at(first).and_then(|operand| operand.position) {
            self.copy_numbers(id, copy, Some(at));
        }
        for position in positions {
            if let Some(operand) = self.operands.at(position) {
                self.operands.replace(position, Operand { value: Value::Numbers(copy), source: None, ..operand });
            }
        }
    }
}
