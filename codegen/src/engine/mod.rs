//! The engine: one function in, as a stream of instructions and intrinsic operations; its lowered code out.
//!
//! Both doors feed it. It tracks control structures, the operands that are constants or plain locals, and the regions
//! and frames that are open, and writes through a [`Tape`]. It does not validate: the link door validates what comes
//! in, and whatever comes out is validated as a whole.
//!
//! Code that cannot be reached is left out, so that nothing in it has to make sense.

pub(crate) mod frames;
mod innermost;
pub(crate) mod locals;
mod lower;
pub(crate) mod operands;
pub(crate) mod tape;
mod values;

use crate::context::{Choices, Context, Global, Tracking};
use crate::helpers::{Needs, emit_canary};
use crate::index::LocalIndex;
use crate::source::SourceLine;
use frames::{Frames, Late, RegionId, Slot};
use innermost::Innermost;
use linmem_allocator::Zero;
use linmem_intrinsics::{Intrinsic, Operation, Representation, Signature, Violation};
use locals::{Added, Assigned, Fact, Locals};
use operands::{Operand, Operands, Value};
use std::collections::BTreeMap;
use tape::{Code, FunctionRef, Position, Tape, relocate};
use wasm_encoder::{Function, InstructionSink, ValType};

/// How many operands an instruction pops and pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// So many.
    Known {
        /// Operands that it takes.
        pops: u32,
        /// Operands that it leaves.
        pushes: u32,
    },
    /// Nobody told.
    Unknown,
}

/// How many operands an intrinsic has at most.
const MOST_OPERANDS: usize = 5;

/// A use that is wrong for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certain {
    /// What is wrong.
    pub(crate) kind: Violation,
    /// The numbers that are.
    pub(crate) message: String,
}

/// A lowered function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowered {
    /// The types of all locals that are not parameters.
    pub(crate) locals: Vec<ValType>,
    /// The locals that lowering added.
    pub(crate) added: Vec<Added>,
    /// The instructions.
    pub(crate) code: Code,
}

impl Lowered {
    /// The body, once the indices of functions are known.
    pub(crate) fn body(&self, index: impl Fn(FunctionRef) -> u32) -> Function {
        let mut bytes = Vec::with_capacity(self.code.bytes.len() + 16);
        relocate(&self.code.bytes, &self.code.relocations, index, &mut bytes);
        let mut function = Function::new_with_locals_types(self.locals.iter().copied());
        function.raw(bytes);
        function
    }
}

/// A control structure that is open.
#[derive(Debug)]
struct Control {
    /// How many operands lie below it.
    floor: usize,
    params: u32,
    results: u32,
    /// How deep the innermost loop that is open here is, counted in control structures; 0 if there is none.
    loop_depth: usize,
    /// The locals of which something is known since the current arm began.
    facts: Vec<LocalIndex>,
    /// The frames that the current arm closed.
    closed: Vec<frames::FrameId>,
    /// What was known of the innermost regions before it.
    innermost: Innermost,
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
    locals: Locals,
    frames: Frames,
    control: Vec<Control>,
    /// The locals of which something is known although they are assigned elsewhere, too.
    changing: Vec<LocalIndex>,
    regions: u32,
    innermost: Innermost,
    /// The locals that hold the canaries of regions that this function opens and checks.
    canaries: BTreeMap<RegionId, LocalIndex>,
    /// Where the code that comes is from.
    origin: Origin,
    /// The intrinsic that is being lowered, and its number among the sites, if it has one.
    current: Option<(Intrinsic, Option<u32>)>,
    labels: u32,
    /// Inside of unreachable code: how many control structures were opened there.
    dead: Option<u32>,
}

impl<'a> Engine<'a> {
    /// Begins a function with these locals and so many results.
    pub(crate) fn new(context: &'a Context, needs: &'a mut Needs, locals: Locals, results: u32) -> Engine<'a> {
        let body = Control {
            floor: 0,
            params: 0,
            results,
            loop_depth: 0,
            facts: Vec::new(),
            closed: Vec::new(),
            innermost: Innermost::default(),
        };
        Engine {
            context,
            needs,
            tape: Tape::default(),
            operands: Operands::default(),
            locals,
            frames: Frames::default(),
            control: vec![body],
            changing: Vec::new(),
            regions: 0,
            innermost: Innermost::default(),
            canaries: BTreeMap::new(),
            origin: Origin::default(),
            current: None,
            labels: 0,
            dead: None,
        }
    }

    /// What a segment is.
    pub(crate) fn representation(&self) -> Representation {
        self.context.representation
    }

    /// Adds a local.
    pub(crate) fn add_local(&mut self, ty: ValType, assigned: Assigned) -> LocalIndex {
        self.locals.add(ty, assigned)
    }

    /// Whether a local is one that lowering, or a door, may assign once and nobody else.
    pub(crate) fn is_owned(&self, local: LocalIndex) -> bool {
        self.locals.assigned(local) == Assigned::Once || self.locals.added().iter().any(|added| added.local == local)
    }

    /// Whether the code that comes next cannot be reached.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.is_some()
    }

    /// Whether it matters where code is from.
    pub(crate) fn reports(&self) -> bool {
        self.context.choices.reports()
    }

    /// Says where the code that comes is from.
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Says that the last instruction may have run other code: a call.
    pub(crate) fn called(&mut self) {
        self.innermost.call();
    }

    /// Says which line the code that comes is from.
    pub(crate) fn set_source(&mut self, source: SourceLine) {
        self.origin.source = Some(source);
    }

    /// What was chosen.
    pub(crate) fn choices(&self) -> Choices {
        self.context.choices
    }

    /// Whether closing a region closes those in it as well.
    pub(crate) fn closes_all_at_once(&self) -> bool {
        self.context.choices.tracking() == Tracking::Marks
    }

    /// Whether closing a region writes its mark to top, and does nothing else.
    pub(crate) fn closes_by_top(&self) -> bool {
        self.closes_all_at_once() && self.context.choices.zero != Zero::Free
    }

    /// Pushes top, for a door that makes the code of leaving regions itself.
    pub(crate) fn push_top(&mut self) {
        self.needs.use_regions();
        let top = self.context.top();
        self.other(Arity::Known { pops: 0, pushes: 1 }, |tape| {
            tape.emit(|sink| {
                sink.global_get(top);
            });
        });
    }

    /// Pops what becomes top.
    pub(crate) fn write_top(&mut self) {
        self.needs.use_regions();
        let top = self.context.top();
        self.other(Arity::Known { pops: 1, pushes: 0 }, |tape| {
            tape.emit(|sink| {
                sink.global_set(top);
            });
        });
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
        match self.locals.fact(local) {
            Some(Fact::Region(region)) if !self.is_dead() => self.push_deferred(Value::Region(region, Some(local))),
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
        match self.locals.fact(local) {
            Some(Fact::Slot(definition)) => {
                let slot = self.frames.definition(definition).slot;
                self.push_deferred(Value::Slot(slot, Some(definition)));
            }
            fact => {
                self.locals.read(local);
                // What is known of the local is known of the value; the local may change before that is used.
                let value = match fact {
                    Some(Fact::Region(region)) => Value::Region(region, Some(local)),
                    _ => Value::Local(local),
                };
                self.simple(value, |sink| {
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
            self.materialize(&operand);
            self.tape.emit(|sink| {
                sink.local_set(local.0);
            });
            self.learn(local, &operand);
        }
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
                self.learn(local, &operand);
                match operand.value {
                    Value::Region(region, _) => self.push(Value::Region(region, Some(local))),
                    _ => self.push(Value::Unknown),
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

    /// Any other instruction that neither opens nor ends a control structure and that code goes on behind.
    pub(crate) fn other(&mut self, arity: Arity, write: impl FnOnce(&mut Tape)) {
        if self.is_dead() {
            return;
        }
        match arity {
            Arity::Known { pops, pushes } => {
                self.consume(pops);
                write(&mut self.tape);
                self.produce(pushes);
            }
            Arity::Unknown => {
                self.forget();
                write(&mut self.tape);
                self.innermost.call();
            }
        }
    }

    /// An instruction that code does not go on behind.
    pub(crate) fn diverge(&mut self, pops: Option<u32>, write: impl FnOnce(&mut Tape)) {
        if self.is_dead() {
            return;
        }
        match pops {
            Some(pops) => self.consume(pops),
            None => self.forget(),
        }
        write(&mut self.tape);
        self.die();
    }

    /// Opens a control structure that takes `params` from the stack (besides `conditions`) and will leave `results`.
    pub(crate) fn begin(
        &mut self,
        is_loop: bool,
        conditions: u32,
        (params, results): (u32, u32),
        write: impl FnOnce(&mut Tape),
    ) {
        self.labels += 1;
        if let Some(depth) = &mut self.dead {
            *depth += 1;
            return;
        }
        self.consume(conditions + params);
        self.tape.label(Some(self.labels - 1));
        write(&mut self.tape);
        if is_loop {
            // The loop may assign these before it comes round to where they are read.
            for local in self.changing.drain(..) {
                self.locals.set_fact(local, None);
            }
        }
        let outer = self.control.last().map_or(0, |control| control.loop_depth);
        let loop_depth = if is_loop { self.control.len() + 1 } else { outer };
        let floor = self.operands.height();
        let innermost = self.innermost;
        if is_loop {
            self.innermost.forget();
        }
        let (facts, closed) = (Vec::new(), Vec::new());
        self.control.push(Control { floor, params, results, loop_depth, facts, closed, innermost });
        self.produce(params);
    }

    /// `else`, or the start of a handler of a legacy `try`, which begins with `pushes` operands; `else` begins with
    /// those that the structure began with.
    pub(crate) fn next_arm(&mut self, pushes: Option<u32>, write: impl FnOnce(&mut Tape)) {
        match self.dead {
            Some(1..) => return,
            Some(0) => {}
            None => {
                let results = self.control.last().map_or(0, |control| control.results);
                self.consume(results);
            }
        }
        self.end_arm();
        self.dead = None;
        write(&mut self.tape);
        let params = self.control.last().map_or(0, |control| control.params);
        match (pushes, self.control.last()) {
            (None, Some(control)) => self.innermost.restart(&control.innermost),
            // A handler is come to from anywhere in the arm before it.
            _ => self.innermost.forget(),
        }
        self.produce(pushes.unwrap_or(params));
    }

    /// `end` of a control structure, the function's own included, or `delegate`.
    pub(crate) fn end(&mut self, write: impl FnOnce(&mut Tape)) {
        if let Some(depth @ 1..) = &mut self.dead {
            *depth -= 1;
            return;
        }
        let results = self.control.last().map_or(0, |control| control.results);
        if !self.is_dead() {
            self.consume(results);
        }
        self.end_arm();
        self.dead = None;
        if let Some(control) = self.control.pop() {
            self.innermost.leave(&control.innermost);
        }
        write(&mut self.tape);
        self.produce(results);
    }

    /// An intrinsic, with its operands on the stack.
    pub(crate) fn intrinsic(&mut self, signature: &Signature) -> Result<(), Certain> {
        if self.is_dead() {
            return Ok(());
        }
        let count = signature.operand_count();
        self.current = Some((signature.intrinsic, None));
        let operands = self.take(signature, count);
        self.lower(signature, &operands[..count])?;
        self.locals.free_spills();
        Ok(())
    }

    /// The lowered function.
    pub(crate) fn finish(self) -> Lowered {
        let Engine { tape, frames, locals, context, canaries, .. } = self;
        let code = tape.finish(|late, out| match late {
            Late::FrameBytes(frame) => {
                wasm_encoder::Encode::encode(&(frames.bytes(frame) as i32), out);
            }
            Late::Definition(id) => {
                let definition = frames.definition(id);
                if locals.is_read(definition.local) {
                    let mut sink = InstructionSink::new(out);
                    write_slot(&mut sink, context, frames.base(definition.slot.frame), definition.slot);
                    sink.local_set(definition.local.0);
                }
            }
            Late::KeepCanary(region) => {
                if let Some(local) = canaries.get(&region) {
                    InstructionSink::new(out).local_tee(local.0);
                }
            }
            Late::TakeCanary(region) => {
                if let Some(local) = canaries.get(&region) {
                    let mut sink = InstructionSink::new(out);
                    sink.global_get(context.global(Global::Serial));
                    emit_canary(&mut sink).local_set(local.0);
                }
            }
            Late::ClearFrame(frame, from) => {
                let mut sink = InstructionSink::new(out);
                lower::clear(&mut sink, context, frames.base(frame), from, frames.bytes(frame));
            }
        });
        Lowered { locals: locals.declared().to_vec(), added: locals.added().to_vec(), code }
    }

    fn lower(&mut self, signature: &Signature, operands: &[Operand]) -> Result<(), Certain> {
        match (signature.intrinsic.operation(), operands) {
            (Operation::Open, []) => self.lower_open(),
            (Operation::Close, [handle]) => self.lower_close(handle),
            (Operation::Allocate, [handle, bytes]) => self.lower_allocate(handle, bytes),
            (Operation::AllocateAligned, [handle, bytes, alignment]) => {
                return self.lower_allocate_aligned(handle, bytes, alignment);
            }
            (Operation::Get(access), [segment, offset]) => self.lower_get(access, segment, offset),
            (Operation::Set(access), [segment, offset, _]) => self.lower_set(access, segment, offset, &operands[2]),
            (Operation::Address, [segment]) => self.lower_address(segment),
            (Operation::Size, [segment]) => self.lower_size(segment),
            (Operation::Slice, [segment, offset, bytes]) => self.lower_slice(segment, offset, bytes),
            (Operation::OfAddress, [address, bytes]) => self.lower_of_address(address, bytes),
            (Operation::Fill, [segment, offset, bytes, byte]) => self.lower_fill((segment, offset), bytes, byte),
            (Operation::Copy, [to, to_offset, from, from_offset, bytes]) => {
                self.lower_copy((to, to_offset), (from, from_offset), bytes);
            }
            (Operation::FdWrite | Operation::FdRead | Operation::WriteAll, _) => {
                self.lower_host_call(signature, operands);
            }
            // The catalogue gives the number of operands, and so does `take`.
            (operation, _) => debug_assert!(false, "{operation:?} has {} operands", operands.len()),
        }
        Ok(())
    }

    /// A position that is known to be known.
    fn at(&mut self, operand: &Operand) -> Position {
        match operand.position {
            Some(position) => position,
            None => self.tape.here(),
        }
    }
}

/// Writes the instructions that push a segment of a frame.
fn write_slot(sink: &mut InstructionSink<'_>, context: &Context, base: LocalIndex, slot: Slot) {
    sink.local_get(base.0);
    if slot.offset != 0 {
        sink.i32_const(slot.offset as i32).i32_add();
    }
    if context.is_packed() {
        pack_constant(sink, slot.bytes);
    }
}

/// Makes the address on the stack a packed segment of a constant size.
fn pack_constant(sink: &mut InstructionSink<'_>, bytes: u32) {
    sink.i64_extend_i32_u();
    if bytes != 0 {
        sink.i64_const((u64::from(bytes) << 32) as i64).i64_or();
    }
}
