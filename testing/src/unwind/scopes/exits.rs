//! Writes what leaves scopes: branches, returns, calls, tail calls and throws.

use crate::unwind::scopes::memory::free;
use crate::unwind::scopes::parts::{Callee, Carry, Target, Try};
use crate::unwind::scopes::writer::Writer;
use linmem::Nesting;
use linmem::build::{Local, OnStack, Region};
use linmem::wasm_encoder::{BlockType, HeapType, Instruction, RefType, ValType};

impl Writer<'_> {
    /// Leaves a structure or the function, if the host decides so or always. Without a way out, nothing is written.
    pub(super) fn leave(&mut self, is_conditional: bool) {
        if is_conditional {
            self.decide();
            self.f.begin_if(BlockType::Empty);
        }
        match self.source.below(9) {
            0..=1 => self.branch(),
            2 => self.branch_if(),
            3 => self.branch_on_null(),
            4..=5 => self.branch_table(),
            6 => self.tail_call(),
            _ => self.return_(),
        }
        if is_conditional {
            self.f.end();
        }
    }

    /// Whether a jump may leave the regions from this number on. Branches close scopes after the program has closed its own
    /// regions, so where regions nest, none of the latter may be around a scope.
    fn can_leave_to(&self, open: usize) -> bool {
        let left = self.open.get(open..).unwrap_or_default();
        let is_suffix = left.windows(2).all(|pair| pair[0].handle.is_none() || pair[1].handle.is_some());
        is_suffix || self.variant.nesting() == Nesting::Outermost
    }

    /// Closes the regions from this number on that a jump does not close.
    fn free_from(&mut self, open: usize) {
        let handles: Vec<Local> = self.open.iter().skip(open).filter_map(|open| open.handle).collect();
        for handle in handles.into_iter().rev() {
            free(&mut self.f, handle);
        }
    }

    /// A target that a jump may leave to, more often one outside of a scope.
    fn target(&mut self, is_allowed: impl Fn(&Self, &Target) -> bool) -> Option<Target> {
        let may_leave = |target: &&Target| self.can_leave_to(target.open) && is_allowed(self, target);
        let mut allowed: Vec<Target> = self.targets.iter().filter(may_leave).copied().collect();
        let outside: Vec<Target> = allowed.iter().filter(|target| self.leaves_scope(target.open)).copied().collect();
        if !outside.is_empty() && !self.source.once_in(4) {
            allowed = outside;
        }
        allowed.get(self.source.below(allowed.len())).copied()
    }

    /// Whether a jump leaves a scope, if it leaves the regions from this number on.
    fn leaves_scope(&self, open: usize) -> bool {
        self.open.iter().skip(open).any(|open| open.handle.is_none())
    }

    /// Whether a jump to a target only leaves scopes, so that it can be conditional.
    fn leaves_only_scopes(&self, target: &Target) -> bool {
        self.open.iter().skip(target.open).all(|open| open.handle.is_none())
    }

    /// Counts a way out, if it leaves a scope.
    fn count_exit(&self, open: usize, construct: &'static str) {
        if self.leaves_scope(open) {
            self.count(construct);
        }
    }

    fn branch(&mut self) {
        let Some(target) = self.target(|_, _| true) else { return self.return_() };
        self.count_exit(target.open, "br out of scopes");
        self.push_carried(target.carry);
        self.free_from(target.open);
        self.f.br(target.label);
    }

    fn branch_if(&mut self) {
        let Some(target) = self.target(Self::leaves_only_scopes) else { return self.branch() };
        self.count_exit(target.open, "br_if out of scopes");
        self.push_carried(target.carry);
        self.decide();
        self.f.br_if(target.label, OnStack);
        match target.carry {
            Carry::Nothing => {}
            Carry::One => self.f.drop(),
            Carry::Two => {
                self.f.drop();
                self.f.drop();
            }
        }
    }

    /// A branch on a reference, which is null if the host decides so.
    fn branch_on_null(&mut self) {
        let is_allowed =
            |writer: &Self, target: &Target| target.carry == Carry::Nothing && writer.leaves_only_scopes(target);
        let Some(target) = self.target(is_allowed) else { return self.branch() };
        self.count_exit(target.open, "br_on_null out of scopes");
        let decide = self.world.imports.decide;
        self.decide();
        self.f.begin_if(BlockType::Result(ValType::Ref(RefType::FUNCREF)));
        self.f.instruction(&Instruction::RefNull(HeapType::FUNC));
        self.f.begin_else();
        self.f.instruction(&Instruction::RefFunc(decide.0));
        self.f.end();
        self.f.br_on_null(target.label, RefType::FUNCREF);
        self.f.drop();
    }

    fn branch_table(&mut self) {
        let Some(first) = self.target(Self::leaves_only_scopes) else { return self.branch() };
        let mut targets = vec![first];
        for _ in 0..3 {
            let same =
                |writer: &Self, target: &Target| target.carry == first.carry && writer.leaves_only_scopes(target);
            targets.extend(self.target(same));
        }
        if targets.iter().any(|target| target.open != first.open) {
            self.count("br_table out of different scopes");
        }
        let labels: Vec<_> = targets.iter().map(|target| target.label).collect();
        self.push_carried(first.carry);
        self.f.call(self.world.imports.index);
        self.f.br_table(&labels[1..], first.label, OnStack);
    }

    fn return_(&mut self) {
        if self.can_leave_to(0) {
            self.count_exit(0, "return out of scopes");
            self.push_carried(Carry::One);
            self.free_from(0);
            self.f.return_();
        }
    }

    /// A function before this one that may be called here, with a region to pass to it.
    fn callee(&mut self, throws: bool) -> Option<Callee> {
        let is_outside = self.open.is_empty() && self.borrowed.is_none();
        let must_borrow = self.variant.nesting() == Nesting::Forbid && !is_outside;
        let may_call = |callee: &&Callee| {
            (throws || !callee.throws) && (!callee.borrows || !is_outside) && (callee.borrows || !must_borrow)
        };
        let allowed: Vec<Callee> = self.world.functions.iter().rev().filter(may_call).take(10).copied().collect();
        allowed.get(self.source.below(allowed.len())).copied()
    }

    /// Calls a function, and compares its result.
    pub(super) fn call_function(&mut self, callee: Callee) {
        let token = self.token();
        if callee.borrows {
            let open = self.open.last().map(|open| (open.region, open.position));
            if let Some((region, position)) = open.or(self.borrowed) {
                self.push_region(region, position);
            }
        }
        if self.source.once_in(4) {
            self.f.instruction(&Instruction::RefFunc(callee.function.0));
            self.f.instruction(&Instruction::CallRef(self.world.types[usize::from(callee.borrows)]));
            self.count("call by reference");
        } else {
            self.f.call(callee.function);
        }
        self.report_left(token);
        self.take_carried(Carry::One);
    }

    fn push_region(&mut self, region: Region, position: Local) {
        self.f.push(region);
        self.f.push(position);
    }

    pub(super) fn call(&mut self) {
        let may_throw = self.may_throw_call();
        let Some(callee) = self.callee(true) else { return };
        if callee.throws && (!may_throw || self.source.once_in(4)) {
            return self.guarded(|writer| writer.call_function(callee));
        }
        self.call_function(callee);
    }

    fn tail_call(&mut self) {
        let Some(callee) = self.callee(self.callee.throws) else { return self.return_() };
        let is_borrowed = self.borrowed.is_some();
        if callee.borrows != is_borrowed || !self.can_leave_to(0) {
            return self.return_();
        }
        self.count_exit(0, "tail call out of scopes");
        if let Some(first) = self.open.first() {
            self.f.push(first.position);
            self.f.call(self.world.imports.leaving_to);
        }
        self.free_from(0);
        if let Some((region, position)) = self.borrowed {
            self.push_region(region, position);
        }
        if self.source.once_in(3) {
            self.f.instruction(&Instruction::RefFunc(callee.function.0));
            self.f.instruction(&Instruction::ReturnCallRef(self.world.types[usize::from(callee.borrows)]));
        } else {
            self.f.instruction(&Instruction::ReturnCall(callee.function.0));
        }
    }

    /// Whether a callee may throw here.
    pub(super) fn may_throw_call(&self) -> bool {
        let catching = self.tries.iter().rposition(|known| known.all);
        let inside = catching.map_or(0, |position| self.tries[position].open);
        let leaves_scope = self.open.len() > inside;
        !self.is_calm && (self.variant.releases() || self.variant.may_leave_open() || !leaves_scope)
    }

    /// The innermost `try_table` that may catch something, and whether it certainly catches exceptions of a tag.
    fn catching(&self, tag: Option<usize>) -> (Option<Try>, bool) {
        let catching = self.tries.last().copied();
        let is_certain = |catching: Try| catching.all || tag.is_some_and(|tag| catching.tags[tag]);
        (catching, catching.is_some_and(is_certain))
    }

    /// Whether the function itself may throw an exception of a tag here. If exceptions do not close regions by themselves, it
    /// must be known which scopes a throw leaves.
    pub(super) fn may_throw_own(&self, tag: Option<usize>) -> bool {
        let (catching, is_certain) = self.catching(tag);
        let around = catching.map_or(0, |catching| catching.open);
        let has_scope_around = self.open[..around].iter().any(|open| open.handle.is_none());
        !self.is_calm && (self.variant.releases() || is_certain || !has_scope_around)
    }

    /// Reports which scopes a throw of the function itself closes next, if exceptions do not close regions by themselves.
    pub(super) fn report_throw(&mut self, tag: Option<usize>) {
        if !self.variant.releases() {
            let inside = self.catching(tag).0.map_or(0, |catching| catching.open);
            let scopes = self.open[inside..].iter().filter(|open| open.handle.is_none()).count();
            if scopes > 0 {
                self.f.push(scopes as i32);
                self.f.call(self.world.imports.leaving);
            }
        }
    }

    /// Throws an exception, if the host decides so.
    pub(super) fn throw(&mut self) {
        let tag = self.source.below(2);
        if self.may_throw_own(Some(tag)) {
            let inside = self.tries.last().map_or(0, |known| known.open);
            self.count_exit(inside, "throw out of scopes");
            self.decide();
            self.f.begin_if(BlockType::Empty);
            self.report_throw(Some(tag));
            if tag == 0 {
                self.f.push(77);
            }
            self.f.instruction(&Instruction::Throw(self.world.tags[tag]));
            self.f.end();
        }
    }

    /// Calls a function of the host that may throw.
    pub(super) fn maybe(&mut self) {
        let maybe = self.world.imports.maybe;
        if self.may_throw_call() && !self.source.once_in(4) {
            self.f.call(maybe);
        } else {
            self.guarded(|writer| writer.f.call(maybe));
        }
    }
}
