//! What a program does, by a walk over its tree: an oracle that shares nothing with how programs are written, linked or
//! run. Numbers that are not decided yet are decided when they are first needed, so that they fit.

use crate::check::{Semantics, Span, Value, fixed_span};
use crate::heap::{Heap, Region};
use crate::program::{
    Action, Form, GLOBALS, Hole, INTEGERS, Id, Loop, Number, Place, Program, REGIONS, SEGMENTS, SLOTS, Segment, Shape,
    Statement, Width,
};
use crate::reach::Seen;
use crate::source::Source;
use linmem::Violation;

/// What a program tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It came to a statement.
    Step(u32),
    /// What it read; nothing if that is not specified.
    Value(Option<u64>),
}

/// A violation, with what a report says.
#[derive(Clone, Debug)]
pub struct Blame {
    pub kind: Violation,
    pub intrinsic: String,
    pub numbers: [u32; 3],
    pub at: Id,
    /// Whether a loop is running, whose checks may have been made before it.
    pub in_loop: bool,
    /// Whether the linker may know.
    pub certain: bool,
}

/// How a program ends.
#[derive(Clone, Debug)]
pub enum End {
    Done,
    Violates(Blame),
    /// The engine traps.
    Traps(Id),
    /// Nobody can say.
    Unspecified(Id),
}

/// The way out of a program, or out of a block.
pub enum Exit {
    End(End),
    Leave,
}

pub type Flow<T> = Result<T, Exit>;

/// An integer, and whether it follows from constants alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Int {
    pub value: u32,
    pub fixed: bool,
}

/// The locals of a function that is running.
struct Frame {
    segments: [Value; SEGMENTS],
    boxed: Value,
    integers: [Int; INTEGERS],
    regions: [Option<Region>; REGIONS],
}

/// How a program went.
pub struct Outcome {
    pub events: Vec<Event>,
    pub end: End,
    pub reached: Vec<bool>,
    pub accumulated: Option<u64>,
    pub heap: Heap,
    pub seen: Seen,
}

pub struct Interpreter<'p, 's, 'b> {
    pub semantics: Semantics,
    functions: &'p [Vec<Statement>],
    off: &'p [bool],
    holes: &'p mut [crate::program::Decided],
    source: Option<&'s mut Source<'b>>,
    frames: Vec<Frame>,
    globals: [Value; GLOBALS],
    slots: [Value; SLOTS],
    pub heap: Heap,
    pub events: Vec<Event>,
    pub accumulated: Option<u64>,
    pub seen: Seen,
    reached: Vec<bool>,
    /// How many loops are running.
    pub loops: usize,
    /// How far the index of the innermost loop still goes.
    ahead: u32,
    fuel: u32,
    pub at: Id,
}

/// Runs a program; numbers that are not decided are decided by `source`.
pub fn interpret(program: &mut Program, semantics: Semantics, source: Option<&mut Source<'_>>) -> Outcome {
    let Program { functions, holes, off, setting } = program;
    let mut interpreter = Interpreter {
        semantics,
        functions,
        off,
        holes,
        source,
        frames: Vec::new(),
        globals: [semantics.null(); GLOBALS],
        slots: [semantics.null(); SLOTS],
        heap: Heap::new(*setting, semantics.is_temporal()),
        events: Vec::new(),
        accumulated: Some(0),
        seen: Seen::default(),
        reached: vec![false; off.len()],
        loops: 0,
        ahead: 0,
        fuel: 4000,
        at: 0,
    };
    let end = match interpreter.function(0, semantics.null(), None, Int::default()) {
        Ok(_) | Err(Exit::Leave) => End::Done,
        Err(Exit::End(end)) => end,
    };
    let Interpreter { events, reached, accumulated, heap, seen, .. } = interpreter;
    Outcome { events, end, reached, accumulated, heap, seen }
}

impl Interpreter<'_, '_, '_> {
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a function is running")
    }

    /// Runs a function with its parameters, and gives its first segment.
    fn function(&mut self, number: usize, segment: Value, region: Option<Region>, integer: Int) -> Flow<Value> {
        let mut frame = Frame {
            segments: [segment; SEGMENTS],
            boxed: segment,
            integers: [Int { value: 0, fixed: true }; INTEGERS],
            regions: [None; REGIONS],
        };
        frame.integers[0] = integer;
        frame.regions[0] = region;
        self.frames.push(frame);
        let functions = self.functions;
        self.list(&functions[number])?;
        let frame = self.frames.pop().expect("a function is running");
        Ok(frame.segments[0])
    }

    pub fn unspecified(&self) -> Exit {
        Exit::End(End::Unspecified(self.at))
    }

    fn list(&mut self, statements: &[Statement]) -> Flow<()> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    /// Runs statements that can be left, and says whether they were.
    fn block(&mut self, statements: &[Statement]) -> Flow<bool> {
        match self.list(statements) {
            Ok(()) => Ok(false),
            Err(Exit::Leave) => Ok(true),
            Err(end) => Err(end),
        }
    }

    pub fn place(&mut self, place: Place) -> Value {
        match place {
            Place::Local(index) => self.frame().segments[index],
            Place::Global(index) => self.globals[index],
            Place::Slot(index) => self.slots[index],
            Place::Boxed => self.frame().boxed,
        }
    }

    fn put(&mut self, place: Place, value: Value) {
        match place {
            Place::Local(index) => {
                let depth = self.frames.len();
                self.seen.assigned(depth, index);
                self.frame().segments[index] = value;
            }
            Place::Global(index) => self.globals[index] = value,
            Place::Slot(index) => self.slots[index] = value,
            Place::Boxed => self.frame().boxed = value,
        }
    }

    fn segment(&mut self, segment: &Segment) -> Flow<Value> {
        Ok(match segment {
            Segment::At(place) => self.place(*place),
            Segment::Tee(local, inner) => {
                let value = self.segment(inner)?;
                self.put(Place::Local(*local), value);
                value
            }
            Segment::Block(inner) | Segment::Returned(inner) | Segment::Unboxed(inner) => self.segment(inner)?,
            Segment::If(condition, then, or_else) => {
                let taken = self.number(condition, 1)?.value != 0;
                self.segment(if taken { then } else { or_else })?
            }
            Segment::Null => self.semantics.null(),
            Segment::Foreign => self.semantics.foreign(),
        })
    }

    /// Decides a number that is not above `most`.
    fn decide(&mut self, hole: Hole, most: u32) {
        let Some(source) = &mut self.source else { return };
        let value = match source.below(8) {
            0 | 1 => most,
            2 => 0,
            3 => most - source.below(most.min(20)),
            4 => source.below(most.min(40)),
            _ => source.between(0, most),
        };
        self.holes[hole].value = Some(value);
    }

    fn hole(&mut self, hole: Hole, most: u32) -> Int {
        if self.holes[hole].value.is_none() {
            self.decide(hole, most);
        }
        let decided = self.holes[hole];
        Int { value: decided.value.unwrap_or(0), fixed: decided.form == Form::Constant }
    }

    /// A number; what is not decided yet makes it at most `most`.
    fn number(&mut self, number: &Number, most: u32) -> Flow<Int> {
        Ok(match number {
            Number::Hole(hole) => self.hole(*hole, most),
            Number::Local(local) => self.frame().integers[*local],
            Number::Add(a, b) => {
                let a = self.number(a, most)?;
                let left = most.saturating_sub(a.value).saturating_sub(self.ahead);
                let b = self.number(b, left)?;
                Int { value: a.value.wrapping_add(b.value), fixed: a.fixed && b.fixed }
            }
            Number::Scaled(inner, factor) => {
                let inner = self.number(inner, most / factor)?;
                Int { value: inner.value.wrapping_mul(*factor), ..inner }
            }
            Number::Size(segment) => {
                let value = self.segment(segment)?;
                let span = self.genuine(value, "MemorySegment.size")?;
                Int { value: span.size, fixed: span.fixed }
            }
            Number::After(statement, inner) => {
                self.statement(statement)?;
                self.number(inner, most)?
            }
        })
    }

    fn statement(&mut self, statement: &Statement) -> Flow<()> {
        if self.off[statement.id] {
            return Ok(());
        }
        let around = std::mem::replace(&mut self.at, statement.id);
        self.reached[statement.id] = true;
        self.fuel -= 1;
        if self.fuel == 0 {
            return Err(self.unspecified());
        }
        if statement.tells {
            self.events.push(Event::Step(statement.id as u32));
        }
        let result = self.action(&statement.action, statement.id);
        if let Ok(()) | Err(Exit::Leave) = result {
            self.at = around;
        }
        result
    }

    fn action(&mut self, action: &Action, id: Id) -> Flow<()> {
        match action {
            Action::Open(local) => {
                let region = self.heap.open().ok_or_else(|| self.unspecified())?;
                self.frame().regions[*local] = Some(region);
            }
            Action::Close(local, _) => {
                let region = self.frame().regions[*local];
                region.and_then(|region| self.heap.close(region)).ok_or_else(|| self.unspecified())?;
            }
            Action::Allocate(place, local, bytes, alignment, _) => {
                let bytes = self.number(bytes, 64)?;
                let region = self.frame().regions[*local].ok_or_else(|| self.unspecified())?;
                let start = self.heap.allocate(region, bytes.value, *alignment).ok_or_else(|| self.unspecified())?;
                let span = Span { start, size: bytes.value, region: Some(region), fixed: bytes.fixed };
                self.put(*place, Value::Span(span));
            }
            Action::Slice(place, segment, offset, bytes) => {
                let segment = self.segment(segment)?;
                let size = segment.size();
                let offset = self.number(offset, size)?;
                let bytes = self.number(bytes, size.saturating_sub(offset.value))?;
                self.at = id;
                let span = self.check(segment, offset, bytes, "MemorySegment.slice")?;
                let start = span.start.wrapping_add(offset.value);
                self.put(*place, Value::Span(Span { start, size: bytes.value, fixed: bytes.fixed, ..span }));
            }
            Action::OfAddress(place, address, bytes) => {
                let address = self.number(address, u32::MAX)?;
                let bytes = self.number(bytes, 0u32.wrapping_sub(address.value).wrapping_sub(1))?;
                self.at = id;
                let span = self.of_address(address, bytes)?;
                self.put(*place, Value::Span(span));
            }
            Action::Move(place, segment) => {
                let value = self.segment(segment)?;
                self.put(*place, value);
            }
            Action::Get(..) | Action::Set(..) | Action::Fill(..) | Action::Copy(..) => self.access(action, id)?,
            Action::Measure(segment) => {
                let value = self.segment(segment)?;
                self.at = id;
                let size = self.genuine(value, "MemorySegment.size")?.size;
                self.accumulate(Some(u64::from(size)));
            }
            Action::Locate(segment) => {
                let value = self.segment(segment)?;
                self.at = id;
                let start = self.genuine(value, "MemorySegment.address")?.start;
                self.accumulate(Some(u64::from(start)));
            }
            Action::Assign(local, number) => self.frame().integers[*local] = self.number(number, 64)?,
            Action::If(condition, then, or_else) => {
                let taken = self.number(condition, 1)?.value != 0;
                self.seen.branches += 1;
                self.list(if taken { then } else { or_else })?;
            }
            Action::Block(body) => {
                let left = self.block(body)?;
                self.seen.left += usize::from(left);
            }
            Action::Leave(condition) => {
                if self.number(condition, 1)?.value != 0 {
                    return Err(Exit::Leave);
                }
            }
            Action::Loop(counted) => self.counted(counted)?,
            Action::Call(function, segment, local, number, place) => {
                let segment = self.segment(segment)?;
                let region = self.frame().regions[*local];
                let integer = Int { fixed: false, ..self.number(number, 64)? };
                let ahead = std::mem::take(&mut self.ahead);
                let given = self.function(*function, segment.opaque(), region, integer)?;
                self.ahead = ahead;
                self.seen.calls += 1;
                self.put(*place, given.opaque());
            }
            Action::Grow(pages) => {
                self.heap.grow(*pages);
            }
            Action::Log => {
                self.events.push(Event::Value(self.accumulated));
                self.accumulated = Some(0);
            }
        }
        Ok(())
    }

    fn access(&mut self, action: &Action, id: Id) -> Flow<()> {
        match action {
            Action::Get(segment, offset, width) => {
                let (value, offset) = self.operands(segment, offset, width.bytes())?;
                self.at = id;
                let name = format!("MemorySegment.get{width:?}");
                let start = self.check_bytes(value, offset, fixed_span(width.bytes()), &name)?;
                self.noted(segment, offset.value, width.bytes());
                self.get(start, *width)
            }
            Action::Set(segment, offset, width, number) => {
                let (value, offset) = self.operands(segment, offset, width.bytes())?;
                let number = self.number(number, u32::MAX)?.value;
                self.at = id;
                let name = format!("MemorySegment.set{width:?}");
                let start = self.check_bytes(value, offset, fixed_span(width.bytes()), &name)?;
                self.noted(segment, offset.value, width.bytes());
                self.set(start, *width, number)
            }
            Action::Fill(segment, offset, bytes, number) => {
                let (value, offset) = self.operands(segment, offset, 0)?;
                let bytes = self.number(bytes, value.size().saturating_sub(offset.value).min(3000))?;
                let number = self.number(number, 255)?.value;
                self.at = id;
                let start = self.check_bytes(value, offset, bytes, "MemorySegment.fill")?;
                self.fill(start, bytes.value, number as u8)
            }
            Action::Copy(to, to_offset, from, from_offset, bytes) => {
                let (to, to_offset) = self.operands(to, to_offset, 0)?;
                let (from, from_offset) = self.operands(from, from_offset, 0)?;
                let room = to.size().saturating_sub(to_offset.value);
                let most = from.size().saturating_sub(from_offset.value).min(room).min(3000);
                let bytes = self.number(bytes, most)?;
                self.at = id;
                let to = self.check_bytes(to, to_offset, bytes, "MemorySegment.copy")?;
                let from = self.check_bytes(from, from_offset, bytes, "MemorySegment.copy")?;
                self.copy(to, from, bytes.value)
            }
            _ => Ok(()),
        }
    }

    fn operands(&mut self, segment: &Segment, offset: &Number, bytes: u32) -> Flow<(Value, Int)> {
        let value = self.segment(segment)?;
        let mut most = value.size().saturating_sub(bytes);
        // Of a segment that is larger than the memory, mostly what exists.
        if let Value::Span(span) = value
            && self.source.as_mut().is_some_and(|source| source.chance(80))
        {
            let exists = self.heap.size().saturating_sub(u64::from(span.start) + u64::from(bytes));
            most = most.min(u32::try_from(exists).unwrap_or(u32::MAX));
        }
        let offset = self.number(offset, most)?;
        Ok((value, offset))
    }

    /// Notes an access of a local, which may have been checked before.
    fn noted(&mut self, segment: &Segment, offset: u32, bytes: u32) {
        if let Segment::At(Place::Local(local)) = segment {
            self.seen.accessed(self.frames.len(), *local, u64::from(offset) + u64::from(bytes));
        }
    }

    /// Decides where a loop begins and ends, by what it goes over.
    fn decide_bounds(&mut self, counted: &Loop) {
        let (place, bytes, factor) = counted.over;
        let size = self.place(place).size();
        let limit = size.checked_sub(bytes).map_or(0, |left| left / factor + 1);
        let Some(source) = &mut self.source else { return };
        let step = counted.step;
        let trips = if source.chance(5) { source.between(10, 60) } else { source.between(1, 9) };
        let trips = trips.min(limit.div_ceil(step)).max(1);
        let mut from = match source.below(4) {
            0 => limit.saturating_sub((trips - 1) * step + 1),
            _ => 0,
        };
        if let Number::Hole(hole) = counted.from {
            from = *self.holes[hole].value.get_or_insert(from);
        }
        if let Number::Hole(hole) = counted.bound {
            let last = from.saturating_add((trips - 1).saturating_mul(step));
            let exact = counted.compare == crate::program::Compare::Ne;
            let next = last.saturating_add(step);
            let bound = if exact { next } else { source.between(last.saturating_add(1), next).min(limit) };
            self.holes[hole].value.get_or_insert(bound);
        }
    }

    fn counted(&mut self, counted: &Loop) -> Flow<()> {
        self.decide_bounds(counted);
        let from = self.number(&counted.from, 0)?;
        if let Some(kept) = counted.kept {
            self.frame().integers[kept] = self.number(&counted.bound, 0)?;
        }
        // An index that depends on what nobody knows is not known either.
        let mut bound = self.bound(counted)?;
        self.frame().integers[counted.index] = Int { value: from.value, fixed: from.fixed && bound.fixed };
        let outer = self.ahead;
        self.loops += 1;
        let mut trips = 0;
        loop {
            let index = self.frame().integers[counted.index].value;
            if counted.shape == Shape::While && !counted.compare.holds(index, bound.value) {
                break;
            }
            self.ahead = bound.value.saturating_sub(1).saturating_sub(index).saturating_mul(counted.over.2);
            trips += 1;
            if self.block(&counted.body)? {
                self.seen.left += 1;
                break;
            }
            let index = &mut self.frame().integers[counted.index];
            index.value = index.value.wrapping_add(counted.step);
            let index = index.value;
            bound = self.bound(counted)?;
            self.fuel -= 1;
            if self.fuel == 0 {
                return Err(self.unspecified());
            }
            if counted.shape != Shape::While && !counted.compare.holds(index, bound.value) {
                break;
            }
        }
        self.loops -= 1;
        self.ahead = outer;
        self.seen.ran(counted, trips);
        Ok(())
    }

    fn bound(&mut self, counted: &Loop) -> Flow<Int> {
        match counted.kept {
            Some(kept) => Ok(self.frame().integers[kept]),
            None => self.number(&counted.bound, 0),
        }
    }

    pub fn accumulate(&mut self, value: Option<u64>) {
        let old = self.accumulated.map(|old| old.wrapping_mul(31));
        self.accumulated = old.zip(value).map(|(old, value)| old ^ value);
    }

    fn get(&mut self, start: u64, width: Width) -> Flow<()> {
        self.exists(start, width.bytes())?;
        let read: Option<Vec<u8>> = (start..start + u64::from(width.bytes())).map(|at| self.heap.read(at)).collect();
        let value = read.map(|bytes| match width {
            Width::Byte => u64::from(bytes[0] as i8 as u32),
            Width::Short => u64::from(i16::from_le_bytes([bytes[0], bytes[1]]) as u32),
            _ => bytes.chunks(8).fold(0, |sum, part| {
                sum ^ part.iter().rev().fold(0u64, |number, byte| (number << 8) | u64::from(*byte))
            }),
        });
        self.accumulate(value);
        Ok(())
    }

    fn set(&mut self, start: u64, width: Width, number: u32) -> Flow<()> {
        self.writes(start, width.bytes())?;
        for at in 0..width.bytes() {
            // A vector repeats the number; a long is extended with zeros.
            let repeats = width == Width::Vector || at < 4;
            let byte = if repeats { number.to_le_bytes()[at as usize % 4] } else { 0 };
            self.heap.write(start + u64::from(at), Some(byte));
        }
        Ok(())
    }

    fn fill(&mut self, start: u64, bytes: u32, byte: u8) -> Flow<()> {
        self.writes(start, bytes)?;
        for at in start..start + u64::from(bytes) {
            self.heap.write(at, Some(byte));
        }
        Ok(())
    }

    fn copy(&mut self, to: u64, from: u64, bytes: u32) -> Flow<()> {
        self.exists(to, bytes)?;
        self.exists(from, bytes)?;
        self.writes(to, bytes)?;
        let copied: Vec<Option<u8>> = (from..from + u64::from(bytes)).map(|at| self.heap.read(at)).collect();
        for (at, byte) in copied.into_iter().enumerate() {
            self.heap.write(to + at as u64, byte);
        }
        Ok(())
    }
}
