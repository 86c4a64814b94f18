//! The engine: one function in, as a stream of instructions and intrinsic operations; its lowered code out.
//!
//! Both doors feed it. It tracks control structures, the operands that are constants or plain locals, and the regions
//! and frames that are open, and writes through a [`Tape`]. It does not validate: the link door validates what comes
//! in, and whatever comes out is validated as a whole.
//!
//! Code that cannot be reached is left out, so that nothing in it has to make sense.

pub(crate) mod compare;
mod control;
mod doors;
mod finish;
mod group;
mod held;
mod hoist;
pub(crate) mod knowledge;
mod late;
pub(crate) mod locals;
mod lower;
mod maker;
pub(crate) mod operands;
mod plain;
pub(crate) mod scopes;
pub(crate) mod shape;
pub(crate) mod split;
pub(crate) mod tape;
mod values;

pub(crate) use finish::Lowered;

use crate::config::Optimize;
use crate::context::Context;
use crate::helpers::Needs;
use crate::index::LocalIndex;
use crate::segment::Part;
use crate::source::SourceLine;
use compare::Comparisons;
use control::Control;
use knowledge::Knowledge;
use knowledge::contents::Content;
use knowledge::event::Event;
use late::Late;
use linmem_intrinsics::{Intrinsic, Operation, Signature, Violation};
use locals::Locals;
use operands::{Operand, Operands, Value};
use scopes::Scopes;
use split::Splits;
use tape::{Position, Tape};

/// Whether an intrinsic does nothing that could be seen from outside but read and write memory, and reads nothing else that
/// changes but globals.
pub(crate) fn is_access(operation: Operation) -> bool {
    match operation {
        Operation::Get(_)
        | Operation::Set(_)
        | Operation::GetField(_)
        | Operation::SetField(_)
        | Operation::Address
        | Operation::Size
        | Operation::Slice
        | Operation::OfAddress
        | Operation::Fill
        | Operation::Copy
        | Operation::LastErrno => true,
        Operation::Open
        | Operation::Allocate
        | Operation::AllocateAligned
        | Operation::Close
        | Operation::Host(_)
        | Operation::WriteAll
        | Operation::ReadExact
        | Operation::ReadToEnd
        | Operation::Args
        | Operation::Environ
        | Operation::Item
        | Operation::OpenPath => false,
    }
}

/// What a function is lowered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Its code: what is wrong for certain ends in the violation.
    Code,
    /// The violations that are certain. The code is of no use if there is one.
    Findings,
}

/// A use that is wrong for certain. The code ends in the violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certain {
    /// What is wrong.
    pub(crate) kind: Violation,
    /// The numbers that are.
    pub(crate) message: String,
}

/// Where an intrinsic comes from, as reports have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The function, by the number that the program, or the builder, has it under.
    pub(crate) function: u32,
    /// The offset in the input, in bytes; 0 if there is none.
    pub(crate) offset: u32,
    /// The line of the source.
    pub(crate) source: Option<SourceLine>,
}

/// Lowers one function.
pub(crate) struct Engine<'a> {
    context: &'a Context,
    needs: &'a mut Needs,
    tape: Tape,
    operands: Operands,
    /// The operands of one intrinsic, while it is being lowered.
    taken: Vec<Operand>,
    locals: Locals,
    control: Vec<Control>,
    /// What is known here.
    knowledge: Knowledge,
    regions: u32,
    comparisons: Comparisons,
    /// How many loops have their checks before them.
    hoisted: u32,
    /// What the check that is being written reads of locals, and how often.
    reads: Vec<(LocalIndex, Part, u64)>,
    splits: Splits,
    scopes: Scopes,
    /// Where the code that comes is from.
    origin: Origin,
    /// The intrinsic that is being lowered, and its number among the sites, if it has one.
    current: Option<(Intrinsic, Option<u32>)>,
    labels: u32,
    purpose: Purpose,
    /// Whether the code is to be fast or small.
    optimize: Optimize,
    /// Inside of unreachable code: how many control structures were opened there.
    dead: Option<u32>,
}

impl<'a> Engine<'a> {
    /// Begins a function with these locals and so many results.
    pub(crate) fn new(context: &'a Context, needs: &'a mut Needs, locals: Locals, results: u32) -> Engine<'a> {
        let mut tape = Tape::default();
        tape.late(Late::Parameters);
        Engine {
            context,
            needs,
            tape,
            operands: Operands::default(),
            taken: Vec::new(),
            locals,
            control: vec![Control::of_function(results)],
            knowledge: Knowledge::new(),
            regions: 0,
            comparisons: Comparisons::default(),
            hoisted: 0,
            reads: Vec::new(),
            splits: Splits::default(),
            scopes: Scopes::default(),
            origin: Origin::default(),
            current: None,
            labels: 0,
            purpose: Purpose::Code,
            optimize: context.choices.optimize,
            dead: None,
        }
    }

    /// Lowers for size, whatever is asked: for functions that would otherwise become too large.
    pub(crate) fn optimize_for_size(&mut self) {
        self.optimize = Optimize::Size;
    }

    /// `i32.const`.
    pub(crate) fn i32_const(&mut self, value: i32) {
        self.simple(Value::I32(value), |sink| {
            sink.i32_const(value);
        });
    }

    /// `i32.const`, of which nothing is written if what takes it can do without.
    pub(crate) fn i32_const_deferred(&mut self, value: i32) {
        if !self.is_dead() {
            self.push_deferred(Value::I32(value));
        }
    }

    /// `i64.const`, in the same way.
    pub(crate) fn i64_const_deferred(&mut self, value: i64) {
        if !self.is_dead() {
            self.push_deferred(Value::I64(value));
        }
    }

    /// The handle of a region that an allocation takes, which does without if it knows the region.
    pub(crate) fn handle(&mut self, local: LocalIndex) {
        match self.locals.contents.content(local) {
            Some(Content::Region(region)) if !self.is_dead() => self.push_deferred(Value::Region(region, Some(local))),
            _ => self.local_get(local),
        }
    }

    /// `i64.const`.
    pub(crate) fn i64_const(&mut self, value: i64) {
        self.simple(Value::I64(value), |sink| {
            sink.i64_const(value);
        });
    }

    /// `local.get`.
    pub(crate) fn local_get(&mut self, local: LocalIndex) {
        if self.is_dead() {
            return;
        }
        match self.locals.contents.content(local) {
            Some(Content::Slot(definition)) => {
                let slot = self.knowledge.frames.definition(definition).slot;
                self.push_deferred(Value::Slot(slot, Some(definition)));
            }
            content => {
                // What is known of the local is known of the value; the local may change before that is used.
                if let Some(Content::Region(region)) = content {
                    return self.push_deferred(Value::Region(region, Some(local)));
                }
                self.locals.contents.read(local);
                let local = self.locals.write(local);
                self.simple(Value::Local(local), |sink| {
                    sink.local_get(local.0);
                });
            }
        }
    }

    /// `local.set`.
    pub(crate) fn local_set(&mut self, local: LocalIndex) {
        if self.is_dead() {
            return;
        }
        let operand = self.pop();
        if self.define(local, &operand).is_none() {
            self.assign(local, &operand);
        }
    }

    fn assign(&mut self, local: LocalIndex, operand: &Operand) {
        self.materialize(operand);
        self.tape.emit(|sink| {
            sink.local_set(local.0);
        });
        self.assigned(local, operand);
        self.learn(local, operand);
    }

    /// `local.tee`.
    pub(crate) fn local_tee(&mut self, local: LocalIndex) {
        if self.is_dead() {
            return;
        }
        let operand = self.pop();
        match self.define(local, &operand) {
            Some(value) => self.push_deferred(value),
            None => {
                self.materialize(&operand);
                self.tape.emit(|sink| {
                    sink.local_tee(local.0);
                });
                self.assigned(local, &operand);
                self.learn(local, &operand);
                match operand.value {
                    Value::Region(region, _) => self.push(Value::Region(region, Some(local))),
                    _ => self.push(Value::Local(local)),
                }
            }
        }
    }

    /// `drop`.
    pub(crate) fn drop(&mut self) {
        if self.is_dead() {
            return;
        }
        let operand = self.pop();
        if !operand.deferred {
            self.tape.emit(|sink| {
                sink.drop();
            });
        }
    }

    /// An intrinsic, with its operands on the stack.
    ///
    /// # Errors
    ///
    /// If it is a violation for certain.
    pub(crate) fn intrinsic(&mut self, signature: &Signature) -> Result<(), Certain> {
        if self.is_dead() {
            return Ok(());
        }
        let is_access = is_access(signature.intrinsic.operation());
        if !is_access {
            self.event(Event::Pinned);
        }
        self.current = Some((signature.intrinsic, None));
        let mut operands = std::mem::take(&mut self.taken);
        self.take(signature, &mut operands);
        let lowered = self.lower(signature, &mut operands);
        self.taken = operands;
        // No check that comes later may move before what this has done.
        if !is_access || lowered.is_err() {
            self.event(Event::Pinned);
        }
        self.locals.free_spills();
        let end = self.tape.here();
        self.locals.free_held(end);
        if lowered.is_err() {
            match self.purpose {
                Purpose::Code => self.die(None),
                Purpose::Findings => self.produce(signature.results().len() as u32),
            }
        }
        lowered
    }

    /// Lowers to find violations: code behind one that is certain is looked at as well.
    pub(crate) fn look_for_findings(&mut self) {
        self.purpose = Purpose::Findings;
    }

    /// A position that is known to be known.
    fn at(&mut self, operand: &Operand) -> Position {
        match operand.position {
            Some(position) => position,
            None => self.tape.here(),
        }
    }
}
