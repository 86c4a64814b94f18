//! The state of the interpreter, and how it ends.

use crate::access::heap::{Heap, Region};
use crate::access::program::{Decided, GLOBALS, INTEGERS, Id, REGIONS, SEGMENTS, SLOTS, Statement};
use crate::access::reach::Seen;
use crate::access::source::Source;
use crate::access::value::{Semantics, Value};
use linmem::Violation;

/// What a program reports to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It reached a statement.
    Step(u32),
    /// The values that it read, combined; `None` if they are unspecified.
    Value(Option<u64>),
}

/// A violation, with the contents of its report.
#[derive(Clone, Debug)]
pub(crate) struct Blame {
    pub(crate) kind: Violation,
    pub(crate) intrinsic: String,
    pub(crate) numbers: [u32; 3],
    pub(crate) at: Id,
    /// Whether a loop is running, whose checks may have been moved before it.
    pub(crate) in_loop: bool,
    /// Whether the linker may know that the statement is always wrong.
    pub(crate) certain: bool,
}

/// How a program ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Done,
    Violates(Blame),
    /// The engine traps.
    Traps(Id),
    /// The behaviour from this statement on is unspecified.
    Unspecified(Id),
}

/// The exit from a program or from a block.
pub(crate) enum Exit {
    End(End),
    Leave,
}

pub(crate) type Flow<T> = Result<T, Exit>;

/// An integer, and whether it follows from constants alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Int {
    pub(crate) value: u32,
    pub(crate) fixed: bool,
}

impl Int {
    /// An integer that the linker knows.
    pub(crate) fn constant(value: u32) -> Int {
        Int { value, fixed: true }
    }
}

/// The locals of a function that is running.
pub(crate) struct Frame {
    pub(crate) segments: [Value; SEGMENTS],
    pub(crate) boxed: Value,
    pub(crate) integers: [Int; INTEGERS],
    pub(crate) regions: [Option<Region>; REGIONS],
}

/// The outcome of a program.
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) end: End,
    pub(crate) reached: Vec<bool>,
    pub(crate) heap: Heap,
    pub(crate) seen: Seen,
}

pub(crate) struct Interpreter<'p, 's, 'b> {
    pub(crate) semantics: Semantics,
    pub(crate) functions: &'p [Vec<Statement>],
    pub(crate) off: &'p [bool],
    pub(crate) holes: &'p mut [Decided],
    pub(crate) source: Option<&'s mut Source<'b>>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) globals: [Value; GLOBALS],
    pub(crate) slots: [Value; SLOTS],
    pub(crate) heap: Heap,
    pub(crate) events: Vec<Event>,
    pub(crate) accumulated: Option<u64>,
    pub(crate) seen: Seen,
    pub(crate) reached: Vec<bool>,
    /// How many loops are running.
    pub(crate) loops: usize,
    /// How much further the index of the innermost loop will move.
    pub(crate) ahead: u32,
    pub(crate) fuel: u32,
    pub(crate) at: Id,
}
