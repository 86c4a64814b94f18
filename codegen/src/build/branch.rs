//! Branches, which close the regions that they exit.

use crate::build::builder::FunctionBuilder;
use crate::engine::knowledge::contents::Assigned;
use crate::engine::shape::{Arity, Shape};
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use wasm_encoder::{BlockType, Instruction, RefType, ValType};

impl FunctionBuilder {
    /// Branches to a structure, by its label.
    pub(super) fn branch(&mut self, label: u32) {
        let Some(target) = self.target(label) else { return self.no_such_label() };
        let left = self.left_by(target);
        self.leave(left);
        let pops = self.carried(target);
        let branch = Instruction::Br(label);
        let write = self.branch_writer(&branch);
        self.engine.diverge(Some(label), pops, write);
    }

    /// A conditional branch. If it exits a region and carries no operands, it becomes a branch in an `if`. If it
    /// carries operands, they stay on the stack:
    ///
    /// ```wasm
    /// local.tee $taken   if  ;; close the regions  end
    /// local.get $taken   br_if LABEL
    /// ```
    pub(super) fn branch_if(&mut self, label: u32) {
        let Some(target) = self.target(label) else { return self.no_such_label() };
        let arity = match self.carried(target) {
            Some(carried) => Arity::Known { pops: carried + 1, pushes: carried },
            None => Arity::Unknown,
        };
        if self.leaves(target) {
            if self.carried(target) == Some(0) {
                self.control(&Instruction::If(BlockType::Empty));
                self.branch(label + 1);
                return self.control(&Instruction::End);
            }
            let taken = self.engine.add_local(ValType::I32, Assigned::Often);
            self.engine.record_differs();
            self.engine.record_set(taken);
            let record = self.engine.take_record();
            self.engine.local_tee(taken);
            self.leave_if(target);
            self.engine.put_record(record);
            self.engine.local_get(taken);
        }
        let left = self.record_leaving(target);
        let branch = Instruction::BrIf(label);
        let write = self.branch_writer(&branch);
        self.engine.other(Shape::BranchIf(label), arity, write);
        self.record_staying(&left);
    }

    /// Records that a conditional jump closes the regions that it exits. The code that is written closes them before the jump
    /// if it will be taken. An analysis that does not follow the condition is told that they are closed, and opened again
    /// where the jump was not taken: see [`record_staying`](FunctionBuilder::record_staying).
    fn record_leaving(&mut self, target: usize) -> Vec<LocalIndex> {
        let left = self.handles_from(self.left_by(target));
        left.iter().rev().for_each(|handle| self.engine.record_close(*handle));
        left
    }

    /// Records that a conditional jump was not taken.
    fn record_staying(&mut self, left: &[LocalIndex]) {
        left.iter().for_each(|handle| self.engine.record_open(*handle));
    }

    /// Closes the regions that a jump exits, if the value on the stack is not zero.
    fn leave_if(&mut self, target: usize) {
        let left = self.left_by(target);
        self.control(&Instruction::If(BlockType::Empty));
        self.leave(left);
        self.control(&Instruction::End);
    }

    /// A `br_table`. If its targets exit different regions, another table selects the code that closes them:
    ///
    /// ```wasm
    /// local.set $index
    /// block $go
    ///   block $two
    ///     block $one
    ///       local.get $index   br_table ...             ;; by how many regions each target leaves
    ///     end
    ///     ;; close one
    ///     br $go
    ///   end
    ///   ;; close two
    /// end
    /// local.get $index   br_table ...
    /// ```
    pub(super) fn branch_table(&mut self, labels: &[u32], default: u32) {
        let all = labels.iter().chain([&default]);
        let Some(targets) = all.map(|label| self.target(*label)).collect::<Option<Vec<usize>>>() else {
            return self.no_such_label();
        };
        let first: Vec<usize> = targets.iter().map(|target| self.left_by(*target)).collect();
        let mut different: Vec<usize> = first.iter().copied().filter(|first| *first < self.scopes.len()).collect();
        different.sort_unstable();
        different.dedup();
        let mut record = None;
        match different[..] {
            [] => {}
            // The index may stay on the stack.
            [same] if first.iter().all(|first| *first == same) => self.leave(same),
            _ => {
                let index = self.engine.add_local(ValType::I32, Assigned::Often);
                self.engine.local_set(index);
                self.engine.record_differs();
                self.record_table(index, labels, default);
                record = Some(self.engine.take_record());
                self.leave_by_table(index, &first, &different);
                self.engine.local_get(index);
            }
        }
        let pops = targets.last().and_then(|target| self.carried(*target)).map(|carried| carried + 1);
        let table = Instruction::BrTable(labels.into(), default);
        let write = self.branch_writer(&table);
        self.engine.diverge(None, pops, write);
        if let Some(record) = record {
            self.engine.put_record(record);
        }
    }

    /// Records a table whose targets exit different regions as one conditional branch for each target.
    fn record_table(&mut self, index: LocalIndex, labels: &[u32], default: u32) {
        let mut targets = labels.to_vec();
        targets.sort_unstable();
        targets.dedup();
        for label in targets {
            let Some(target) = self.target(label) else { continue };
            let left = self.record_leaving(target);
            self.engine.record_get(index);
            let branch = Instruction::BrIf(label);
            let write = self.branch_writer(&branch);
            self.engine.record_only(write);
            self.record_staying(&left);
        }
        if let Some(target) = self.target(default) {
            self.record_leaving(target);
            let branch = Instruction::Br(default);
            let write = self.branch_writer(&branch);
            self.engine.record_only(write);
        }
    }

    /// `first` contains the outermost scope that each target exits; `different` contains all such scopes once, the
    /// outermost first.
    fn leave_by_table(&mut self, index: LocalIndex, first: &[usize], different: &[usize]) {
        let block = Instruction::Block(BlockType::Empty);
        self.begin_hidden(&block);
        different.iter().for_each(|_| self.begin_hidden(&block));
        let ways = different.len() as u32;
        // The branch to the innermost block closes the fewest regions.
        let label = |first: &usize| match different.iter().rev().position(|known| known == first) {
            Some(_) if planted::has(Bug::TableClosesFewer) => 0,
            Some(position) => position as u32,
            None => ways,
        };
        let mut labels: Vec<u32> = first.iter().map(label).collect();
        let default = labels.pop().unwrap_or(ways);
        self.engine.local_get(index);
        let table = Instruction::BrTable(labels.into(), default);
        self.engine.diverge(None, Some(1), |tape| tape.instruction(&table));
        for (left, first) in (0..ways).rev().zip(different.iter().rev()) {
            self.end_hidden();
            self.leave(*first);
            self.engine.diverge(Some(left), Some(0), |tape| tape.instruction(&Instruction::Br(left)));
        }
        self.end_hidden();
    }

    /// `br_on_cast` and `br_on_cast_fail`. If they exit a region, the cast is tested twice:
    ///
    /// ```wasm
    /// local.tee $reference   ref.test TYPE   if  ;; close the regions  end
    /// local.get $reference   br_on_cast LABEL
    /// ```
    pub(super) fn branch_on_cast(&mut self, label: u32, from: RefType, to: RefType, instruction: &Instruction<'_>) {
        let test = match to.nullable {
            true => Instruction::RefTestNullable(to.heap_type),
            false => Instruction::RefTestNonNull(to.heap_type),
        };
        let fails = matches!(instruction, Instruction::BrOnCastFail { .. });
        self.branch_on_reference(label, from, &test, fails, instruction);
    }

    /// `br_on_null`, of a reference of type `ty`. The type is required to close regions.
    pub fn br_on_null(&mut self, label: crate::build::Label, ty: RefType) {
        self.count();
        if let Some(relative) = self.label_number(label) {
            let branch = Instruction::BrOnNull(relative);
            self.branch_on_reference(relative, ty, &Instruction::RefIsNull, false, &branch);
        }
    }

    /// `br_on_non_null`, of a reference of type `ty`. The type is required to close regions.
    pub fn br_on_non_null(&mut self, label: crate::build::Label, ty: RefType) {
        self.count();
        if let Some(relative) = self.label_number(label) {
            let branch = Instruction::BrOnNonNull(relative);
            self.branch_on_reference(relative, ty, &Instruction::RefIsNull, true, &branch);
        }
    }

    /// A branch on a reference of type `ty`. It is taken if `test` of the reference is true or, if `fails` is set,
    /// false.
    fn branch_on_reference(
        &mut self,
        label: u32,
        ty: RefType,
        test: &Instruction<'_>,
        fails: bool,
        branch: &Instruction<'_>,
    ) {
        let Some(target) = self.target(label) else { return self.no_such_label() };
        if self.leaves(target) {
            let reference = self.engine.add_local(ValType::Ref(ty), Assigned::Often);
            let test_arity = Arity::Known { pops: 1, pushes: 1 };
            self.engine.record_differs();
            self.engine.record_set(reference);
            let record = self.engine.take_record();
            self.engine.local_tee(reference);
            self.engine.other(Shape::Effect, test_arity, |tape| tape.instruction(test));
            if fails {
                self.engine.other(Shape::Eqz, test_arity, |tape| tape.instruction(&Instruction::I32Eqz));
            }
            self.leave_if(target);
            self.engine.put_record(record);
            self.engine.local_get(reference);
        }
        let left = self.record_leaving(target);
        let write = self.branch_writer(branch);
        self.engine.other(Shape::Effect, Arity::Unknown, write);
        self.record_staying(&left);
    }

    /// `br_on_null` or `br_on_non_null` of a reference whose type is unknown. If closing a region only writes top, the
    /// region is closed before the branch, and reopened after it if the branch was not taken.
    ///
    /// ```wasm
    /// global.get $linmem.top   local.set $top
    /// ;; the mark   global.set $linmem.top
    /// br_on_null LABEL
    /// local.get $top   global.set $linmem.top
    /// ```
    pub(super) fn branch_on_null(&mut self, label: u32, branch: &Instruction<'_>) {
        let Some(target) = self.target(label) else { return self.no_such_label() };
        if !self.leaves(target) {
            let write = self.branch_writer(branch);
            return self.engine.other(Shape::Effect, Arity::Unknown, write);
        }
        if !self.engine.closes_by_top() {
            return self.fail(
                "a raw br_on_null or br_on_non_null cannot leave a region: use the method of that name, which takes \
                 the type of the reference",
            );
        }
        let Some(mark) = self.scope_handle(self.left_by(target)) else { return };
        self.engine.record_differs();
        let top = self.engine.add_local(self.engine.pointer_type(), Assigned::Often);
        self.engine.push_top();
        self.engine.local_set(top);
        self.engine.local_get(mark);
        self.engine.write_top();
        let left = self.record_leaving(target);
        let write = self.branch_writer(branch);
        self.engine.other(Shape::Effect, Arity::Unknown, write);
        self.record_staying(&left);
        self.engine.local_get(top);
        self.engine.write_top();
    }

    fn no_such_label(&mut self) {
        self.fail("branch to a label that does not exist");
    }
}
