//! Interprets the tree of a program: an oracle that is independent of how programs are written, linked and run. Undecided
//! numbers are decided when they are first needed, so that they fit.

use crate::access::heap::{Heap, Region};
use crate::access::program::{Action, GLOBALS, INTEGERS, Id, Place, Program, REGIONS, SEGMENTS, SLOTS, Statement};
use crate::access::reach::Seen;
use crate::access::source::Source;
use crate::access::state::{End, Event, Exit, Flow, Frame, Int, Interpreter, Outcome};
use crate::access::value::{Semantics, Span, Value};
use linmem::Violation;

/// Runs a program. `source` decides undecided numbers.
pub(crate) fn interpret(program: &mut Program, semantics: Semantics, source: Option<&mut Source<'_>>) -> Outcome {
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
    pub(crate) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a function is running")
    }

    /// Runs a function with its parameters, and returns its first segment.
    pub(crate) fn function(
        &mut self,
        number: usize,
        segment: Value,
        region: Option<Region>,
        integer: Int,
    ) -> Flow<Value> {
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

    pub(crate) fn unspecified(&self) -> Exit {
        Exit::End(End::Unspecified(self.at))
    }

    pub(crate) fn list(&mut self, statements: &[Statement]) -> Flow<()> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    /// Runs statements that can be left early, and returns whether they were.
    pub(crate) fn block(&mut self, statements: &[Statement]) -> Flow<bool> {
        match self.list(statements) {
            Ok(()) => Ok(false),
            Err(Exit::Leave) => Ok(true),
            Err(end) => Err(end),
        }
    }

    pub(crate) fn place(&mut self, place: Place) -> Value {
        match place {
            Place::Local(index) => self.frame().segments[index],
            Place::Global(index) => self.globals[index],
            Place::Slot(index) => self.slots[index],
            Place::Boxed => self.frame().boxed,
        }
    }

    pub(crate) fn put(&mut self, place: Place, value: Value) {
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

    pub(crate) fn statement(&mut self, statement: &Statement) -> Flow<()> {
        if self.off[statement.id] {
            return Ok(());
        }
        let around = std::mem::replace(&mut self.at, statement.id);
        self.reached[statement.id] = true;
        self.fuel -= 1;
        if self.fuel == 0 {
            return Err(self.unspecified());
        }
        if statement.traced {
            self.events.push(Event::Step(statement.id as u32));
        }
        let result = self.action(&statement.action, statement.id);
        if let Ok(()) | Err(Exit::Leave) = result {
            self.at = around;
        }
        result
    }

    pub(crate) fn action(&mut self, action: &Action, id: Id) -> Flow<()> {
        match action {
            Action::Open(local) => {
                let region = self.heap.open().ok_or_else(|| self.unspecified())?;
                self.frame().regions[*local] = Some(region);
            }
            Action::Close(local, _) => {
                let region = self.frame().regions[*local].ok_or_else(|| self.unspecified())?;
                self.check_region(region, Violation::AlreadyFreed, "MemoryAllocator.free")?;
                self.heap.close(region).ok_or_else(|| self.unspecified())?;
            }
            Action::Allocate(place, local, bytes, alignment, _) => {
                let bytes = self.number(bytes, 64)?;
                let region = self.frame().regions[*local].ok_or_else(|| self.unspecified())?;
                let name = if *alignment > 1 { "allocateAligned" } else { "allocate" };
                self.check_region(region, Violation::UseAfterFree, &format!("MemoryAllocator.{name}"))?;
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

    pub(crate) fn accumulate(&mut self, value: Option<u64>) {
        let old = self.accumulated.map(|old| old.wrapping_mul(31));
        self.accumulated = old.zip(value).map(|(old, value)| old ^ value);
    }
}
