//! What a program does, by a walk over its tree: an oracle that shares nothing with how programs are written, linked or
//! run. Numbers that are not decided yet are decided when they are first needed, so that they fit.

use crate::check::{Semantics, Span, Value};
use crate::heap::{Heap, Region};
use crate::program::{
    Action, Decided, GLOBALS, INTEGERS, Id, Number, Place, Program, REGIONS, SEGMENTS, SLOTS, Statement,
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
    /// Whether the linker may know that the statement is wrong whenever it is reached.
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
pub struct Frame {
    pub segments: [Value; SEGMENTS],
    pub boxed: Value,
    pub integers: [Int; INTEGERS],
    pub regions: [Option<Region>; REGIONS],
}

/// How a program went.
pub struct Outcome {
    pub events: Vec<Event>,
    pub end: End,
    pub reached: Vec<bool>,
    pub heap: Heap,
    pub seen: Seen,
}

pub struct Interpreter<'p, 's, 'b> {
    pub semantics: Semantics,
    pub functions: &'p [Vec<Statement>],
    pub off: &'p [bool],
    pub holes: &'p mut [Decided],
    pub source: Option<&'s mut Source<'b>>,
    pub frames: Vec<Frame>,
    pub globals: [Value; GLOBALS],
    pub slots: [Value; SLOTS],
    pub heap: Heap,
    pub events: Vec<Event>,
    pub accumulated: Option<u64>,
    pub seen: Seen,
    pub reached: Vec<bool>,
    /// How many loops are running.
    pub loops: usize,
    /// How far the index of the innermost loop still goes.
    pub ahead: u32,
    pub fuel: u32,
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
    let Interpreter { events, reached, heap, seen, .. } = interpreter;
    Outcome { events, end, reached, heap, seen }
}

impl Interpreter<'_, '_, '_> {
    pub fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a function is running")
    }

    /// Runs a function with its parameters, and gives its first segment.
    pub fn function(&mut self, number: usize, segment: Value, region: Option<Region>, integer: Int) -> Flow<Value> {
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

    pub fn list(&mut self, statements: &[Statement]) -> Flow<()> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    /// Runs statements that can be left, and says whether they were.
    pub fn block(&mut self, statements: &[Statement]) -> Flow<bool> {
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

    pub fn put(&mut self, place: Place, value: Value) {
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

    pub fn statement(&mut self, statement: &Statement) -> Flow<()> {
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

    pub fn action(&mut self, action: &Action, id: Id) -> Flow<()> {
        match action {
            Action::Open(local) => {
                let region = self.heap.open().ok_or_else(|| self.unspecified())?;
                self.frame().regions[*local] = Some(region);
            }
            Action::Close(local, _) => {
                let region = self.frame().regions[*local].ok_or_else(|| self.unspecified())?;
                self.has_turn(region, Violation::AlreadyFreed, "MemoryAllocator.free")?;
                self.heap.close(region).ok_or_else(|| self.unspecified())?;
            }
            Action::Allocate(place, local, bytes, alignment, _) => {
                let bytes = self.number(bytes, 64)?;
                let region = self.frame().regions[*local].ok_or_else(|| self.unspecified())?;
                let name = if *alignment > 1 { "allocateAligned" } else { "allocate" };
                self.has_turn(region, Violation::UseAfterFree, &format!("MemoryAllocator.{name}"))?;
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
                // One that is left open is around the end of what is allocated.
                if let (Number::Hole(hole), Some(source)) = (address, &mut self.source)
                    && self.holes[*hole].value.is_none()
                {
                    self.holes[*hole].value = Some(self.heap.top().saturating_sub(source.below(60)));
                }
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

    pub fn accumulate(&mut self, value: Option<u64>) {
        let old = self.accumulated.map(|old| old.wrapping_mul(31));
        self.accumulated = old.zip(value).map(|(old, value)| old ^ value);
    }
}
