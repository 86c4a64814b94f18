//! Control structures, and the regions that leaving them closes.
//!
//! A region of [`FunctionBuilder::region`] is closed on every way out of its scope: by falling off its end, and before a
//! branch or return that leaves it. Regions nest, so that closing the outermost one that is left closes all.

use crate::build::{FunctionBuilder, Operand, Region};
use crate::engine::Arity;
use crate::engine::locals::Assigned;
use crate::index::LocalIndex;
use linmem_intrinsics::Intrinsic;
use wasm_encoder::{BlockType, Catch, Instruction, ValType};

/// The target of a branch: the end of a block, or the start of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// How many control structures are open in the target, itself included.
    depth: usize,
}

/// A region whose scope is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    handle: LocalIndex,
    /// How many control structures were open where it began.
    depth: usize,
}

impl FunctionBuilder<'_> {
    /// A block: `code` is given the label of its end.
    pub fn block(&mut self, ty: BlockType, code: impl FnOnce(&mut Self, Label)) {
        self.structure(&Instruction::Block(ty), code);
    }

    /// A loop: `code` is given the label of its start.
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
            function.control(&Instruction::Else);
            or_else(function, label);
        });
    }

    /// Branches.
    pub fn br(&mut self, label: Label) {
        if let Some(relative) = self.relative(label) {
            self.control(&Instruction::Br(relative));
        }
    }

    /// Branches if the condition is not zero.
    pub fn br_if(&mut self, label: Label, condition: impl Operand) {
        condition.push(self);
        if let Some(relative) = self.relative(label) {
            self.control(&Instruction::BrIf(relative));
        }
    }

    /// Returns from the function.
    pub fn return_(&mut self) {
        self.control(&Instruction::Return);
    }

    /// Opens a region and closes it on every way out of `code`: at its end, and before every branch or return that
    /// leaves it. An exception that passes through does not close it yet.
    pub fn region(&mut self, code: impl FnOnce(&mut Self, Region)) {
        self.intrinsic(Intrinsic::AllocatorNew);
        let handle = self.engine.add_local(ValType::I32, Assigned::Once);
        self.engine.local_set(handle);
        let depth = self.depth;
        self.scopes.push(Scope { handle, depth });
        code(self, Region { handle });
        self.expect_depth(depth, "a region");
        self.scopes.pop();
        self.close(handle);
    }

    fn structure(&mut self, opening: &Instruction<'_>, code: impl FnOnce(&mut Self, Label)) {
        self.control(opening);
        let depth = self.depth;
        code(self, Label { depth });
        self.expect_depth(depth, "a control structure");
        self.control(&Instruction::End);
    }

    fn close(&mut self, handle: LocalIndex) {
        self.engine.local_get(handle);
        self.intrinsic(Intrinsic::AllocatorFree);
    }

    fn relative(&mut self, label: Label) -> Option<u32> {
        let relative = self.depth.checked_sub(label.depth);
        if relative.is_none() {
            self.fail("a branch to a label whose control structure has ended");
        }
        relative.and_then(|relative| u32::try_from(relative).ok())
    }

    fn expect_depth(&mut self, depth: usize, what: &str) {
        if self.depth != depth {
            self.fail(&format!("the code of {what} leaves a control structure open, or ends one that it did not open"));
        }
    }

    /// The outermost region that a branch leaves which ends `relative` control structures besides the target. The
    /// structure that a branch leaves is the one whose number is what remains of the depth, and the function is 0.
    pub(super) fn left_by(&self, relative: u32) -> Option<LocalIndex> {
        let target = self.depth.checked_sub(relative as usize)?;
        self.scopes.iter().find(|scope| scope.depth >= target).map(|scope| scope.handle)
    }

    /// Whether a region was opened in the current arm of the innermost control structure, and its scope is open.
    fn is_scope_open_in_arm(&self) -> bool {
        self.scopes.last().is_some_and(|scope| scope.depth >= self.depth)
    }

    /// A control instruction; regions that it leaves are closed before it.
    pub(super) fn control(&mut self, instruction: &Instruction<'_>) {
        use Instruction::*;
        match instruction {
            TryTable(_, catches) if catches.iter().any(|catch| self.left_by(catch_label(catch)).is_some()) => {
                self.fail("a try_table whose handler is outside of a region that it is in is not yet supported");
            }
            Block(ty) | Loop(ty) | If(ty) | Try(ty) | TryTable(ty, _) => {
                if let BlockType::FunctionType(index) = ty
                    && self.signatures.type_arity(*index).is_none()
                {
                    self.fail(&format!("a block of type {index}, of which nobody told the arity"));
                }
                self.depth += 1;
                let (params, results) = self.block_arity(*ty);
                let conditions = u32::from(matches!(instruction, If(_)));
                let is_loop = matches!(instruction, Loop(_));
                let types = self.block_results(*ty, is_loop);
                self.labels.push(types);
                self.engine.begin(is_loop, conditions, (params, results), |tape| tape.instruction(instruction));
            }
            Else | Catch(_) | CatchAll | End | Delegate(_) if self.is_scope_open_in_arm() => {
                self.fail("the code of a region ends the control structure, or the arm of it, that the region is in");
            }
            Else => self.engine.next_arm(None, |tape| tape.instruction(instruction)),
            Catch(tag) => {
                let params = self.signatures.tag_params(*tag).unwrap_or_default();
                self.engine.next_arm(Some(params), |tape| tape.instruction(instruction));
            }
            CatchAll => self.engine.next_arm(Some(0), |tape| tape.instruction(instruction)),
            End | Delegate(_) => {
                if self.depth == 0 {
                    return self.fail("an `end` too many: the function ends by itself");
                }
                self.depth -= 1;
                self.labels.pop();
                self.engine.end(|tape| tape.instruction(instruction));
            }
            Br(relative) => {
                if let Some(handle) = self.left_by(*relative) {
                    self.close(handle);
                }
                let pops = self.label_arity(*relative);
                self.engine.diverge(pops, |tape| tape.instruction(instruction));
            }
            BrIf(relative) => self.branch_if(*relative),
            BrTable(targets, default) => self.branch_table(targets, *default),
            Return => {
                self.close_all();
                let results = self.results;
                self.engine.diverge(Some(results), |tape| tape.instruction(instruction));
            }
            _ => self.engine.diverge(None, |tape| tape.instruction(instruction)),
        }
    }

    /// Closes all regions whose scopes are open, before the function is left.
    pub(super) fn close_all(&mut self) {
        if let Some(outermost) = self.scopes.first() {
            let handle = outermost.handle;
            self.close(handle);
        }
    }

    /// A conditional branch. Where it leaves a region and carries nothing, it is a branch in an `if`. Where it carries
    /// operands, they stay where they are, and the mark becomes the new top only if the branch is taken:
    ///
    /// ```wasm
    /// local.set $taken
    /// local.get $handle   global.get $linmem.top   local.get $taken   select   global.set $linmem.top
    /// local.get $taken    br_if LABEL
    /// ```
    fn branch_if(&mut self, relative: u32) {
        let arity = match self.label_arity(relative) {
            Some(carried) => Arity::Known { pops: carried + 1, pushes: carried },
            None => Arity::Unknown,
        };
        if let Some(handle) = self.left_by(relative) {
            if self.label_arity(relative) == Some(0) {
                self.control(&Instruction::If(BlockType::Empty));
                self.control(&Instruction::Br(relative + 1));
                return self.control(&Instruction::End);
            }
            let taken = self.keep_i32();
            self.engine.local_get(handle);
            self.engine.push_top();
            self.engine.local_get(taken);
            self.engine.other(Arity::Known { pops: 3, pushes: 1 }, |tape| tape.instruction(&Instruction::Select));
            self.engine.write_top();
            self.engine.local_get(taken);
        }
        self.engine.other(arity, |tape| tape.instruction(&Instruction::BrIf(relative)));
    }

    /// A branch by table. Where its targets leave different regions, the new top is selected by the index.
    fn branch_table(&mut self, targets: &[u32], default: u32) {
        let left: Vec<Option<LocalIndex>> = targets.iter().map(|target| self.left_by(*target)).collect();
        let fallback = self.left_by(default);
        if fallback.is_some() || left.iter().any(Option::is_some) {
            let index = self.keep_i32();
            self.push_mark(fallback);
            for (position, handle) in (0..).zip(left).filter(|(_, handle)| *handle != fallback) {
                let before = self.engine.add_local(ValType::I32, Assigned::Often);
                self.engine.local_set(before);
                self.push_mark(handle);
                self.engine.local_get(before);
                self.engine.local_get(index);
                self.engine.i32_const(position);
                self.engine.other(Arity::Known { pops: 2, pushes: 1 }, |tape| tape.instruction(&Instruction::I32Eq));
                self.engine.other(Arity::Known { pops: 3, pushes: 1 }, |tape| tape.instruction(&Instruction::Select));
            }
            self.engine.write_top();
            self.engine.local_get(index);
        }
        let pops = self.label_arity(default).map(|carried| carried + 1);
        let table = Instruction::BrTable(targets.into(), default);
        self.engine.diverge(pops, |tape| tape.instruction(&table));
    }

    fn keep_i32(&mut self) -> LocalIndex {
        let local = self.engine.add_local(ValType::I32, Assigned::Often);
        self.engine.local_set(local);
        local
    }

    /// The mark of a region, or top itself.
    fn push_mark(&mut self, handle: Option<LocalIndex>) {
        match handle {
            Some(handle) => self.engine.local_get(handle),
            None => self.engine.push_top(),
        }
    }

    /// How many operands a branch carries.
    fn label_arity(&self, relative: u32) -> Option<u32> {
        let from_top = self.labels.len().checked_sub(relative as usize)?;
        match from_top.checked_sub(1) {
            Some(position) => self.labels.get(position).copied(),
            // The function itself.
            None => Some(self.results),
        }
    }

    /// How many operands a branch to a structure of this type carries.
    fn block_results(&self, ty: BlockType, is_loop: bool) -> u32 {
        let (params, results) = self.block_arity(ty);
        if is_loop { params } else { results }
    }

    fn block_arity(&self, ty: BlockType) -> (u32, u32) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Result(_) => (0, 1),
            BlockType::FunctionType(ty) => self.signatures.type_arity(ty).unwrap_or_default(),
        }
    }
}

fn catch_label(catch: &Catch) -> u32 {
    match catch {
        Catch::One { label, .. } | Catch::OneRef { label, .. } | Catch::All { label } | Catch::AllRef { label } => {
            *label
        }
    }
}
