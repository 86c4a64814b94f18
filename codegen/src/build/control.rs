//! Control structures.

use crate::build::builder::FunctionBuilder;
use crate::build::operand::Operand;
use crate::build::owner::{Owner, Serial};
use crate::build::structure::{Catches, Structure};
use crate::engine::knowledge::event::StructureKind;
use linmem_allocator::Unwind;
use wasm_encoder::{BlockType, Catch, Instruction};

/// The target of a branch: the end of a block, or the start of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    owner: Owner,
    structure: Serial,
}

/// A handler of a `try_table`: the exceptions that it catches, and the label that it branches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    tag: Option<u32>,
    with_exception: bool,
    label: Label,
}

impl Handler {
    /// Catches exceptions of a tag. The label receives the values of the exception.
    pub fn tag(tag: u32, label: Label) -> Handler {
        Handler { tag: Some(tag), with_exception: false, label }
    }

    /// Catches all exceptions. The label receives nothing.
    pub fn all(label: Label) -> Handler {
        Handler { tag: None, with_exception: false, label }
    }

    /// The same handler, whose label also receives the exception itself, as an `exnref`.
    #[must_use]
    pub fn with_exception(self) -> Handler {
        Handler { with_exception: true, ..self }
    }
}

impl FunctionBuilder {
    /// Begins a block, and returns the label of its end.
    pub fn begin_block(&mut self, ty: BlockType) -> Label {
        self.begin_structure(&Instruction::Block(ty))
    }

    /// Begins a loop, and returns the label of its start.
    pub fn begin_loop(&mut self, ty: BlockType) -> Label {
        self.begin_structure(&Instruction::Loop(ty))
    }

    /// Begins an `if` whose condition is on the stack, and returns the label of its end.
    pub fn begin_if(&mut self, ty: BlockType) -> Label {
        self.begin_structure(&Instruction::If(ty))
    }

    /// Begins a `try_table`, and returns the label of its end. If a handler lies outside of regions that are open, they are
    /// closed when an exception enters it.
    pub fn begin_try(&mut self, ty: BlockType, handlers: &[Handler]) -> Label {
        self.count();
        let mut clauses = Vec::with_capacity(handlers.len());
        for Handler { tag, with_exception, label } in handlers {
            let Some(label) = self.label_number(*label) else { continue };
            clauses.push(match (*tag, with_exception) {
                (Some(tag), false) => Catch::One { tag, label },
                (Some(tag), true) => Catch::OneRef { tag, label },
                (None, false) => Catch::All { label },
                (None, true) => Catch::AllRef { label },
            });
        }
        let before = self.serials;
        self.control(&Instruction::TryTable(ty, clauses.into()));
        self.innermost_label(before)
    }

    /// Begins the second arm of an `if`.
    pub fn begin_else(&mut self) {
        self.instruction(&Instruction::Else);
    }

    /// Ends the innermost block, loop, `if` or `try_table`.
    pub fn end(&mut self) {
        self.instruction(&Instruction::End);
    }

    fn begin_structure(&mut self, opening: &Instruction<'_>) -> Label {
        let before = self.serials;
        self.instruction(opening);
        self.innermost_label(before)
    }

    /// The label of the innermost structure, if it was begun after `before`; else one that no structure has.
    pub(super) fn innermost_label(&mut self, before: u32) -> Label {
        let structure = match self.structures.last() {
            Some(structure) if structure.serial.0 > before => structure.serial,
            _ => self.serial(),
        };
        Label { owner: self.owner, structure }
    }

    /// A block. `code` receives the label of its end.
    pub fn block(&mut self, ty: BlockType, code: impl FnOnce(&mut Self, Label)) {
        self.structure(&Instruction::Block(ty), code);
    }

    /// A loop. `code` receives the label of its start.
    pub fn loop_(&mut self, ty: BlockType, code: impl FnOnce(&mut Self, Label)) {
        self.structure(&Instruction::Loop(ty), code);
    }

    /// `if` with one arm; the condition is an operand.
    pub fn if_(&mut self, condition: impl Operand, code: impl FnOnce(&mut Self, Label)) {
        condition.push(self);
        self.structure(&Instruction::If(BlockType::Empty), code);
    }

    /// `if` with two arms; the condition is an operand.
    pub fn if_else(
        &mut self,
        ty: BlockType,
        condition: impl Operand,
        then: impl FnOnce(&mut Self, Label),
        or_else: impl FnOnce(&mut Self, Label),
    ) {
        condition.push(self);
        self.structure(&Instruction::If(ty), |function, label| {
            then(function, label);
            function.begin_else();
            or_else(function, label);
        });
    }

    /// Branches.
    pub fn br(&mut self, label: Label) {
        self.count();
        if let Some(relative) = self.label_number(label) {
            self.control(&Instruction::Br(relative));
        }
    }

    /// Branches if the condition is not zero.
    pub fn br_if(&mut self, label: Label, condition: impl Operand) {
        self.count();
        condition.push(self);
        if let Some(relative) = self.label_number(label) {
            self.control(&Instruction::BrIf(relative));
        }
    }

    /// Branches to the label that the index selects, or to `default` if the index is out of range. The index is an
    /// operand.
    pub fn br_table(&mut self, labels: &[Label], default: Label, index: impl Operand) {
        self.count();
        index.push(self);
        let labels: Option<Vec<u32>> = labels.iter().map(|label| self.label_number(*label)).collect();
        if let (Some(labels), Some(default)) = (labels, self.label_number(default)) {
            self.control(&Instruction::BrTable(labels.into(), default));
        }
    }

    /// Returns from the function.
    pub fn return_(&mut self) {
        self.instruction(&Instruction::Return);
    }

    fn structure(&mut self, opening: &Instruction<'_>, code: impl FnOnce(&mut Self, Label)) {
        let label = self.begin_structure(opening);
        let depth = self.structures.len();
        code(self, label);
        self.expect_depth(depth, "a control structure");
        self.end();
    }

    /// The relative depth of a label, as in instructions.
    pub(super) fn label_number(&mut self, label: Label) -> Option<u32> {
        if !self.owns(label.owner, "the label") {
            return None;
        }
        let position = self.structures.iter().rposition(|structure| structure.serial == label.structure);
        if position.is_none() {
            self.fail("branch to a label whose control structure has ended");
        }
        position.map(|position| self.relative(position + 1))
    }

    pub(super) fn expect_depth(&mut self, depth: usize, what: &str) {
        if self.structures.len() != depth {
            self.fail(&format!(
                "the code of {what} does not end all control structures that it opens, or ends one that it did not open"
            ));
        }
    }

    /// A control instruction of the frontend. Its labels are adjusted for hidden structures, and the regions that it
    /// exits are closed before it.
    pub(super) fn control(&mut self, instruction: &Instruction<'_>) {
        use Instruction::*;
        match instruction {
            Block(ty) | Loop(ty) | If(ty) | Try(ty) | TryTable(ty, _) => self.begin(instruction, *ty),
            Else | Catch(_) | CatchAll | End | Delegate(_) if self.is_scope_open_in_arm() => {
                self.fail(
                    "a region is still open: its code ends the control structure, or the arm, that contains the region",
                );
            }
            Else => self.engine.next_arm(None, |tape| tape.instruction(instruction)),
            Catch(_) | CatchAll => {
                let params = match instruction {
                    Catch(tag) => self.signatures.tag_types(*tag).map_or(0, |types| types.len() as u32),
                    _ => 0,
                };
                // A handler does not catch exceptions that are thrown in it.
                if let Some(structure) = self.structures.last_mut() {
                    structure.catches = Catches::Nothing;
                }
                self.engine.next_arm(Some(params), |tape| tape.instruction(instruction));
            }
            End | Delegate(_) => self.end_structure(instruction),
            Br(label) => self.branch(*label),
            BrIf(label) => self.branch_if(*label),
            BrTable(targets, default) => self.branch_table(targets, *default),
            Return => {
                self.leave(0);
                let results = self.results;
                self.engine.diverge(None, Some(results), |tape| tape.instruction(instruction));
            }
            Throw(_) | ThrowRef | Rethrow(_) => {
                let tag = if let Throw(tag) = instruction { Some(*tag) } else { None };
                self.leave_by_throw(tag);
                self.may_throw();
                let write = self.branch_writer(instruction);
                self.engine.diverge(None, None, write);
            }
            _ => self.engine.diverge(None, None, |tape| tape.instruction(instruction)),
        }
    }

    fn begin(&mut self, instruction: &Instruction<'_>, ty: BlockType) {
        if let BlockType::FunctionType(index) = ty
            && self.signatures.type_arity(index).is_none()
        {
            self.fail(&format!("the arity of block type {index} is unknown"));
        }
        if let Instruction::TryTable(_, clauses) = instruction {
            return self.begin_try_table(ty, clauses);
        }
        let (params, results) = self.block_arity(ty);
        let conditions = u32::from(matches!(instruction, Instruction::If(_)));
        let kind = match instruction {
            Instruction::Loop(_) => StructureKind::Loop,
            _ => StructureKind::Block,
        };
        let catches = if matches!(instruction, Instruction::Try(_)) { Catches::Some } else { Catches::Nothing };
        let carried = if kind == StructureKind::Loop { params } else { results };
        let serial = self.serial();
        self.structures.push(Structure { catches, ..Structure::new(serial, carried) });
        self.engine.begin(kind, conditions, (params, results), |tape| tape.instruction(instruction));
    }

    fn end_structure(&mut self, instruction: &Instruction<'_>) {
        let Some(structure) = self.structures.pop() else {
            return self.fail("unexpected `end`: the function builder emits the last `end` itself");
        };
        if let Instruction::Delegate(label) = instruction
            && self.unwind == Unwind::Release
            && self.target(*label).is_some_and(|target| self.leaves(target))
        {
            self.fail("a `delegate` leaves a region that Unwind::Release must close, and bypasses its handler");
        }
        self.engine.end(|tape| tape.instruction(instruction));
        if !structure.landings.is_empty() {
            self.land(&structure.landings, structure.carried);
        }
    }

    pub(super) fn block_arity(&self, ty: BlockType) -> (u32, u32) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Result(_) => (0, 1),
            BlockType::FunctionType(ty) => self.signatures.type_arity(ty).unwrap_or_default(),
        }
    }
}
