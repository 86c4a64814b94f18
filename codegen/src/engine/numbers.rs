//! Segments that are references for the program and numbers in the code that is written.
//!
//! The numbers of a segment are its start, its size and, where liveness is checked, its region, each in a local. They take the
//! place of the structure
//!
//! - in a local of the program that the link door found to hold only segments that this function made, and to be read only as
//!   an operand of intrinsics (see [`carried`](crate::link::carried)), and in the result of a block of the same kind;
//! - for a segment that was just made and is the operand of an intrinsic or of `select`.
//!
//! Whatever else uses such a segment makes a structure of the numbers, at any time: segments have no identity. So correctness
//! needs only that each assignment of such a local assigns the numbers, and that the local is assigned before it is read.
//!
//! Numbers that nothing reads are not written, which is known when the function ends ([`Late`]).

use crate::code::{Code, FunctionRef, Relocation};
use crate::context::Context;
use crate::engine::knowledge::contents::Contents;
use crate::engine::knowledge::frames::{FrameId, Frames};
use crate::engine::late::Late;
use crate::engine::locals::Locals;
use crate::engine::maker::Maker;
use crate::engine::operands::{Operand, Value};
use crate::engine::scopes::{KeptScopes, Scopes};
use crate::engine::state::Engine;
use crate::engine::tape::Position;
use crate::globals::Global;
use crate::helpers::{Demands, Helper};
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use crate::segment::SegmentTypes;
use crate::width::PointerType;
use std::collections::BTreeMap;
use wasm_encoder::{InstructionSink, ValType};

/// The largest number of locals of a function that are numbers.
pub(crate) const MAX_CARRIED: usize = 64;

/// A segment as numbers, by its position in the list of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumbersId(u32);

impl NumbersId {
    /// Its position in the list.
    pub(super) fn position(self) -> usize {
        self.0 as usize
    }
}

/// The locals of a segment as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(super) start: LocalIndex,
    pub(super) size: LocalIndex,
    /// Its region, where liveness is checked.
    pub(super) region: Option<LocalIndex>,
}

impl Numbers {
    fn all(self) -> impl Iterator<Item = LocalIndex> {
        [self.start, self.size].into_iter().chain(self.region)
    }
}

/// A structure that was just made, by its position in the list of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MadeId(u32);

#[derive(Clone, Copy, Debug)]
struct Made {
    /// The position at which its parts are on the stack.
    parts: Position,
    region: Option<RegionUse>,
}

/// A place where the region of a new segment is determined, by its position in the list of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegionUse(u32);

/// Where the region of a new segment comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum RegionSource {
    /// It is allocated.
    Maker(Maker),
    /// It is that of a frame.
    Frame(FrameId),
    /// It is that of the segment that a local holds as a structure.
    Structure(SegmentTypes, LocalIndex),
    /// It is in a local.
    Local(LocalIndex),
    /// It is never closed.
    Open(SegmentTypes),
}

/// What becomes of the region.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    /// It is a part of a structure, and stays on the stack.
    Part,
    /// It is assigned to a local.
    Local(LocalIndex),
    /// Nothing.
    Nothing,
}

/// The segments of a function that are numbers.
#[derive(Debug, Default)]
pub(crate) struct AllNumbers {
    of_locals: BTreeMap<LocalIndex, NumbersId>,
    all: Vec<Numbers>,
    made: Vec<Made>,
    regions: Vec<(RegionSource, Purpose)>,
    /// The copies of one local to another.
    copies: Vec<(LocalIndex, LocalIndex)>,
}

impl AllNumbers {
    /// The numbers that take the place of a local of the program.
    pub(super) fn of(&self, local: LocalIndex) -> Option<NumbersId> {
        self.of_locals.get(&local).copied()
    }

    pub(super) fn get(&self, id: NumbersId) -> Option<Numbers> {
        self.all.get(id.position()).copied()
    }

    /// The numbers that take the place of a local of the program.
    pub(super) fn of_local(&self, local: LocalIndex) -> Option<Numbers> {
        self.get(self.of(local)?)
    }

    /// Finds out which numbers are read, and which regions are needed for them.
    pub(super) fn settle(&self, context: &Context, locals: &mut Locals, scopes: &mut Scopes, demands: &mut Demands) {
        let mut sources: BTreeMap<LocalIndex, Vec<LocalIndex>> = BTreeMap::new();
        let copies = self.regions.iter().filter_map(|(source, purpose)| match (*source, *purpose) {
            (RegionSource::Local(from), Purpose::Local(to)) => Some((from, to)),
            _ => None,
        });
        for (from, to) in copies.chain(self.copies.iter().copied()) {
            sources.entry(to).or_default().push(from);
        }
        let mut pending: Vec<LocalIndex> = Vec::new();
        for (source, purpose) in &self.regions {
            if let (RegionSource::Local(from), Purpose::Part) = (*source, *purpose) {
                locals.contents.read(from);
            }
        }
        pending.extend(sources.keys().filter(|local| locals.contents.is_read(**local)));
        while let Some(local) = pending.pop() {
            for from in sources.remove(&local).into_iter().flatten() {
                locals.contents.read(from);
                pending.push(from);
            }
        }
        for (source, purpose) in &self.regions {
            if context.has_scopes() && is_needed(*purpose, &locals.contents) {
                match *source {
                    RegionSource::Maker(_) => demands.add(Helper::EnterScope),
                    RegionSource::Frame(frame) => scopes.need(frame),
                    RegionSource::Structure(..) | RegionSource::Local(_) | RegionSource::Open(_) => {}
                }
            }
        }
    }

    /// Writes the code that determines the region of a new segment.
    pub(super) fn write_region(
        &self,
        code: &mut Code,
        (context, frames, scopes): (&Context, &Frames, &KeptScopes),
        contents: &Contents,
        region: RegionUse,
    ) {
        let Some((source, purpose)) = self.regions.get(region.0 as usize).copied() else { return };
        if !is_needed(purpose, contents) {
            return;
        }
        let mut nullable = true;
        match (source, purpose) {
            // It is there already.
            (RegionSource::Local(from), Purpose::Local(to)) if from == to => return,
            (RegionSource::Maker(maker), _) => {
                const CALL: u8 = 0x10;
                maker.push_handle(&mut InstructionSink::new(&mut code.bytes), context);
                code.bytes.push(CALL);
                let target = FunctionRef::Helper(Helper::EnterScope);
                code.relocations.push(Relocation { at: code.bytes.len(), replaces: 0, target });
                InstructionSink::new(&mut code.bytes).global_get(context.global(Global::Scope));
            }
            (RegionSource::Frame(frame), _) => {
                let Some(local) = scopes.of(frames.base(frame)) else { return };
                InstructionSink::new(&mut code.bytes).local_get(local.0);
            }
            (RegionSource::Local(local), _) => {
                InstructionSink::new(&mut code.bytes).local_get(local.0);
            }
            (RegionSource::Structure(types, local), _) => {
                types.region_of(InstructionSink::new(&mut code.bytes).local_get(local.0));
                nullable = false;
            }
            (RegionSource::Open(types), _) => {
                types.new_open_region(&mut InstructionSink::new(&mut code.bytes));
                nullable = false;
            }
        }
        let sink = &mut InstructionSink::new(&mut code.bytes);
        match purpose {
            Purpose::Local(local) => {
                sink.local_set(local.0);
            }
            Purpose::Part if nullable => {
                sink.ref_as_non_null();
            }
            Purpose::Part | Purpose::Nothing => {}
        }
    }
}

fn is_needed(purpose: Purpose, contents: &Contents) -> bool {
    match purpose {
        Purpose::Part => true,
        Purpose::Local(local) => contents.is_read(local) && !planted::has(Bug::NumbersKeepRegion),
        Purpose::Nothing => false,
    }
}

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
        self.locals.contents.read(local);
        local
    }

    /// Reserves the place where the region of a new segment is determined.
    pub(super) fn region_use(&mut self, source: RegionSource) -> RegionUse {
        let region = RegionUse(self.numbers.regions.len() as u32);
        self.numbers.regions.push((source, Purpose::Part));
        self.tape.late(Late::Region(region));
        region
    }

    /// Pushes a structure of the start, the size and possibly the region that are on the stack.
    pub(super) fn push_made(&mut self, types: SegmentTypes, bytes: Option<u32>, region: Option<RegionUse>) {
        let parts = self.tape.here();
        self.tape.emit(|sink| {
            sink.struct_new(types.segment());
        });
        let position = Some(self.tape.here());
        let is_free = !self.traces() && !planted::is_off(Optimization::Numbers);
        let made = is_free.then(|| {
            self.numbers.made.push(Made { parts, region });
            MadeId(self.numbers.made.len() as u32 - 1)
        });
        self.operands.push(Operand { position, bytes, made, ..Operand::UNKNOWN });
    }

    /// Removes the instruction that makes a structure, so that its start and its size are on the stack, and nothing else.
    pub(super) fn leave_start_and_size(&mut self, operand: &Operand, made: MadeId) {
        self.take_apart(operand, made, Purpose::Nothing);
    }

    fn take_apart(&mut self, operand: &Operand, made: MadeId, purpose: Purpose) {
        let (Some(Made { parts, region }), Some(position)) =
            (self.numbers.made.get(made.0 as usize).copied(), operand.position)
        else {
            return;
        };
        self.tape.delete(parts.byte(), position);
        if let Some(region) = region {
            self.set_purpose(region, purpose);
        }
    }

    fn set_purpose(&mut self, region: RegionUse, purpose: Purpose) {
        if let Some((_, old)) = self.numbers.regions.get_mut(region.0 as usize) {
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
            (Some(made), _) => {
                // Nothing may come between the place where the region is determined and this one that reads the old one.
                let at_once = operand.position.is_some_and(|position| self.tape.is_end(position));
                match to.region {
                    Some(region) if at_once => self.take_apart(operand, made, Purpose::Local(region)),
                    Some(region) => {
                        self.take_apart(operand, made, Purpose::Part);
                        self.tape.late(Late::KeepNumber(region));
                    }
                    None => self.take_apart(operand, made, Purpose::Nothing),
                }
                self.tape.late(Late::KeepNumber(to.size));
                self.tape.late(Late::KeepNumber(to.start));
            }
            (None, Value::Numbers(from)) => self.copy_numbers(from, id, None),
            (None, Value::Slot(slot)) if operand.deferred => {
                if let Some(region) = to.region {
                    let of_frame = self.region_use(RegionSource::Frame(slot.frame));
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
        self.tape.emit(|sink| {
            types.cast(sink).local_set(held.0);
            types.start(sink.local_get(held.0)).local_set(to.start.0);
            types.size(sink.local_get(held.0)).local_set(to.size.0);
            if let Some(region) = to.region {
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
