//! The state of a function that is being written, and its statements.

use crate::unwind::scopes::parts::{Callee, Carry, Known, Open, Target, Try, World};
use crate::unwind::scopes::variant::Variant;
use crate::unwind::source::Source;
use linmem::Nesting;
use linmem::build::{FunctionBuilder, Label, Local, OnStack, Region};
use linmem::wasm_encoder::{BlockType, Instruction, ValType};

/// The number of regions of a function that are open at the same time.
const REGIONS: usize = 5;

/// The depth of structures.
const MAX_DEPTH: usize = 8;

/// How many statements a function may have.
const STATEMENTS: usize = 16;

/// A function that is being written.
pub(super) struct Writer<'w> {
    pub(super) f: FunctionBuilder,
    pub(super) source: &'w mut Source,
    pub(super) world: &'w World,
    pub(super) variant: &'w Variant,
    pub(super) callee: Callee,
    /// The region of the caller: it, and the local with its position.
    pub(super) borrowed: Option<(Region, Local)>,
    pub(super) open: Vec<Open>,
    pub(super) targets: Vec<Target>,
    pub(super) tries: Vec<Try>,
    pub(super) known: Vec<Known>,
    /// For each handler that is being written, the number of regions of the function that are open where it begins.
    pub(super) handlers: Vec<usize>,
    /// Whether no exception may leave the current position.
    pub(super) is_calm: bool,
    depth: usize,
    /// How many more statements the function may have.
    left: usize,
}

impl<'w> Writer<'w> {
    pub(super) fn new(
        f: FunctionBuilder,
        source: &'w mut Source,
        world: &'w World,
        variant: &'w Variant,
        callee: Callee,
    ) -> Writer<'w> {
        Writer {
            f,
            source,
            world,
            variant,
            callee,
            borrowed: None,
            open: Vec::new(),
            targets: Vec::new(),
            tries: Vec::new(),
            known: Vec::new(),
            handlers: Vec::new(),
            is_calm: !callee.throws,
            depth: 0,
            left: STATEMENTS,
        }
    }

    /// Counts a construct that is written.
    pub(super) fn count(&self, construct: &'static str) {
        *self.world.written.borrow_mut().entry(construct).or_default() += 1;
    }

    /// The code of a program.
    pub(super) fn function(&mut self) {
        // The host checks the memory that the caller freed before a tail call.
        self.f.call(self.world.imports.depth);
        self.f.drop();
        if self.callee.borrows {
            let region = self.f.open_region(self.f.param(0));
            self.borrowed = Some((region, self.f.param(1)));
            self.count("function with a region of its caller");
        }
        self.statements(8);
        self.push_carried(Carry::One);
    }

    /// The code that runs a program: calls it in a handler, and reports the next address.
    pub(super) fn run(&mut self, program: Callee) {
        self.left = 0;
        // Regions that exceptions leave open are freed with a region around them.
        let is_around = program.borrows || self.variant.nesting() == Nesting::Stack;
        if is_around {
            self.open_raw(false);
        }
        self.guarded(|writer| writer.call_function(program));
        if is_around {
            self.close_raw();
        }
        self.open_scope(BlockType::Empty);
        self.allocate();
        self.close_scope(Carry::Nothing);
    }

    pub(super) fn statements(&mut self, most: usize) {
        self.depth += 1;
        for _ in 0..=self.source.below(most) {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            self.statement();
        }
        self.depth -= 1;
    }

    fn statement(&mut self) {
        let is_shallow = self.depth < MAX_DEPTH;
        match self.source.below(31) {
            0..=2 if is_shallow && self.can_open() => self.scope(),
            3..=4 if is_shallow && self.can_open() => self.scope_in_block(),
            5 if is_shallow && self.can_open() => self.raw_region(),
            6..=9 if is_shallow => self.try_(),
            10 if is_shallow => self.if_(),
            11 if is_shallow => self.loop_(),
            12..=14 if is_shallow => self.block(),
            15..=17 => self.leave(true),
            18..=19 => self.call(),
            20..=21 => self.throw(),
            22..=23 => self.maybe(),
            24..=25 => self.frame(),
            26 => self.read(),
            27 => self.fill(),
            _ => self.allocate(),
        }
    }

    /// Whether a region may be opened here.
    pub(super) fn can_open(&self) -> bool {
        let is_first = self.open.is_empty() && self.borrowed.is_none();
        self.open.len() < REGIONS && (self.variant.nesting() != Nesting::Forbid || is_first)
    }

    pub(super) fn decide(&mut self) {
        self.f.call(self.world.imports.decide);
    }

    /// A local with the number of open regions.
    pub(super) fn token(&mut self) -> Local {
        let token = self.f.local(ValType::I32);
        self.f.call(self.world.imports.depth);
        self.f.set(token, OnStack);
        token
    }

    /// Reports that the regions that were opened since a token was made were closed.
    pub(super) fn report_left(&mut self, token: Local) {
        self.f.push(token);
        self.f.call(self.world.imports.left);
    }

    pub(super) fn carry(&mut self) -> Carry {
        [Carry::Nothing, Carry::Nothing, Carry::One, Carry::Two][self.source.below(4)]
    }

    pub(super) fn block_type(&self, carry: Carry) -> BlockType {
        match carry {
            Carry::Nothing => BlockType::Empty,
            Carry::One => BlockType::Result(ValType::I32),
            Carry::Two => self.world.two_values,
        }
    }

    /// Pushes values to carry out of a structure.
    pub(super) fn push_carried(&mut self, carry: Carry) {
        if carry == Carry::Nothing {
            return;
        }
        let value = self.f.local(ValType::I32);
        match self.readable() {
            Some(known) if self.source.once_in(2) => self.push_byte(known.segment, 0),
            _ => {
                let number = self.source.below(1000) as i32;
                self.f.push(number);
            }
        }
        self.f.set(value, OnStack);
        self.f.push(value);
        self.f.instruction(&Instruction::GlobalSet(self.world.carried));
        self.f.push(value);
        if carry == Carry::Two {
            self.f.push(value);
            self.f.instruction(&Instruction::I64ExtendI32U);
        }
    }

    /// Compares values that were carried out of a structure.
    pub(super) fn take_carried(&mut self, carry: Carry) {
        if carry == Carry::Nothing {
            return;
        }
        if carry == Carry::Two {
            self.f.instruction(&Instruction::I32WrapI64);
            self.f.instruction(&Instruction::GlobalGet(self.world.carried));
            self.f.call(self.world.imports.carried);
        }
        self.f.instruction(&Instruction::GlobalGet(self.world.carried));
        self.f.call(self.world.imports.carried);
    }

    fn scope(&mut self) {
        let carry = self.carry();
        let ty = self.block_type(carry);
        self.count(if carry == Carry::Nothing { "scope" } else { "scope that leaves values" });
        let below = self.source.once_in(4).then(|| self.push_below());
        self.open_scope(ty);
        if let Some((local, _)) = below {
            self.f.set(local, -1);
        }
        self.statements(5);
        if self.source.once_in(8) {
            self.leave(false);
        }
        self.close_scope(carry);
        if let Some((_, number)) = below {
            self.f.push(number);
            self.f.call(self.world.imports.carried);
        }
    }

    /// Pushes a value that stays on the stack during a scope, from a constant or a local. Returns the local and the value.
    fn push_below(&mut self) -> (Local, i32) {
        self.count("value below a scope");
        let (local, number) = (self.f.local(ValType::I32), self.source.below(1000) as i32);
        if self.source.once_in(2) {
            self.f.push(number);
        } else {
            self.f.set(local, number);
            self.f.push(local);
        }
        (local, number)
    }

    /// A scope that branches can leave without leaving another one.
    fn scope_in_block(&mut self) {
        let token = self.token();
        let label = self.f.begin_block(BlockType::Empty);
        let known = self.begin(label, Carry::Nothing);
        self.scope();
        self.end(known);
        self.report_left(token);
    }

    fn if_(&mut self) {
        let token = self.token();
        self.decide();
        let label = self.f.begin_if(BlockType::Empty);
        let known = self.begin(label, Carry::Nothing);
        self.statements(3);
        self.f.begin_else();
        self.known.truncate(known);
        self.statements(3);
        self.end(known);
        self.report_left(token);
    }

    fn block(&mut self) {
        let (token, carry) = (self.token(), self.carry());
        let ty = self.block_type(carry);
        let label = self.f.begin_block(ty);
        let known = self.begin(label, carry);
        self.statements(5);
        self.push_carried(carry);
        self.end(known);
        self.report_left(token);
        self.take_carried(carry);
    }

    /// A loop that branches repeat at most twice.
    fn loop_(&mut self) {
        let (token, times) = (self.token(), self.f.local(ValType::I32));
        self.f.set(times, 0);
        let exit = self.f.begin_block(BlockType::Empty);
        let outside = self.begin(exit, Carry::Nothing);
        let again = self.f.begin_loop(BlockType::Empty);
        let known = self.begin(again, Carry::Nothing);
        self.report_left(token);
        self.f.push(times);
        self.f.push(1);
        self.f.instruction(&Instruction::I32Add);
        self.f.instruction(&Instruction::LocalTee(times.index()));
        self.f.push(3);
        self.f.instruction(&Instruction::I32GtU);
        self.f.br_if(exit, OnStack);
        self.statements(4);
        self.f.br(again);
        self.end(known);
        self.end(outside);
        self.report_left(token);
    }

    /// Begins a structure that branches can leave. Returns the number of segments that are known.
    fn begin(&mut self, label: Label, carry: Carry) -> usize {
        self.targets.push(Target { label, open: self.open.len(), carry });
        self.known.len()
    }

    /// Ends the structure.
    fn end(&mut self, known: usize) {
        self.targets.pop();
        self.known.truncate(known);
        self.f.end();
    }
}
