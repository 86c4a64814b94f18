//! Regions with open scopes, and the code that closes them on exit.
//!
//! A region of [`FunctionBuilder::region`] is closed on every exit from its scope: at its end, and before a branch, a
//! return or a throw that exits it. With [`Unwind::Release`], exceptions that leave the scope, for example those of a
//! call, close it too: see [`wrappers`](crate::engine::wrappers).

use crate::build::builder::FunctionBuilder;
use crate::build::operand::{Operand, Region, Segment, Source};
use crate::build::owner::Serial;
use crate::build::structure::{Catches, Scope, Structure};
use crate::code::Number;
use crate::engine::knowledge::contents::Assigned;
use crate::engine::knowledge::event::StructureKind;
use crate::error::Error;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use linmem_allocator::{Nesting, Unwind};
use linmem_intrinsics::{Intrinsic, Violation};
use wasm_encoder::{BlockType, Instruction, ValType};

impl FunctionBuilder {
    /// Opens a region and closes it on every exit from `code`: at its end, and before every branch, return or throw
    /// that exits it. Exceptions that propagate out of it close it with [`Unwind::Release`]. `code` must leave nothing
    /// on the stack.
    pub fn region(&mut self, code: impl FnOnce(&mut Self, Region)) {
        self.region_with(BlockType::Empty, code);
    }

    /// A region whose code leaves the results of a block type on the stack. It takes nothing from the stack.
    pub fn region_with(&mut self, ty: BlockType, code: impl FnOnce(&mut Self, Region)) {
        let region = self.begin_region_with(ty);
        let depth = self.structures.len();
        code(self, region);
        self.expect_depth(depth, "a region");
        self.end_region(region);
    }

    /// Opens a region, whose code leaves nothing on the stack. [`end_region`](FunctionBuilder::end_region) closes it,
    /// and so does every exit before.
    pub fn begin_region(&mut self) -> Region {
        self.begin_region_with(BlockType::Empty)
    }

    /// Opens a region whose code leaves the results of a block type on the stack. It takes nothing from the stack.
    pub fn begin_region_with(&mut self, ty: BlockType) -> Region {
        self.count();
        if self.engine.choices().nesting == Nesting::Forbid && !self.scopes.is_empty() {
            self.violate(Violation::Nested, "a region is opened inside another region, but regions must not nest");
        }
        if self.block_arity(ty).0 != 0 {
            self.fail("a region cannot take operands from the stack");
        }
        self.lower_intrinsic(Intrinsic::AllocatorNew);
        let handle = self.engine.keep_in_local(self.engine.pointer_type());
        let depth = self.structures.len();
        let outer = self.scopes.last().and_then(|scope| scope.wrapper);
        let wrapper = (self.unwind == Unwind::Release).then(|| self.engine.begin_wrapper(outer, ty));
        let serial = self.serial();
        self.scopes.push(Scope { serial, ty, handle, depth, wrapper, has_guarded_call: false });
        Region { handle, owner: self.owner, scope: Some(serial) }
    }

    /// Closes the innermost region.
    pub fn end_region(&mut self, region: Region) {
        self.count();
        if !self.owns(region.owner, "the region") {
            return;
        }
        match self.scopes.last() {
            Some(scope) if Some(scope.serial) == region.scope => {
                if scope.depth != self.structures.len() {
                    return self.fail("a region ends while a control structure that was begun in it is open");
                }
            }
            _ if self.is_scope_open(region.scope) => {
                return self.fail("a region ends while a region that was opened in it is open");
            }
            _ => return self.fail("the end of a region that is not open in this function"),
        }
        let Some(Scope { ty, handle, wrapper, .. }) = self.scopes.pop() else { return };
        self.close(handle);
        let results = self.block_arity(ty).1;
        if let Some(after) = wrapper.and_then(|wrapper| self.engine.begin_handler(wrapper, results)) {
            self.unwind(handle);
            self.engine.end_handler(after);
            self.engine.forget_region(handle);
        }
        self.engine.free_handle(handle);
    }

    /// Closes a region for an exception that leaves its scope.
    fn unwind(&mut self, handle: LocalIndex) {
        self.engine.begin_unwinding();
        if !planted::has(Bug::ScopeForgetsCleanup) {
            self.close(handle);
        }
        if planted::has(Bug::ScopeClosesOuter)
            && let Some(outer) = self.scopes.last()
        {
            self.close(outer.handle);
        }
        self.engine.end_unwinding();
    }

    /// A region that other code opened and closes: a parameter, a field, or the result of a call. The operand is its
    /// handle.
    pub fn open_region(&mut self, handle: impl Operand) -> Region {
        self.count();
        handle.push(self);
        let handle = self.engine.add_local(self.engine.pointer_type(), Assigned::Once);
        self.engine.local_set(handle);
        Region { handle, owner: self.owner, scope: None }
    }

    /// Whether a scope is open.
    fn is_scope_open(&self, scope: Option<Serial>) -> bool {
        self.scopes.iter().any(|open| Some(open.serial) == scope)
    }

    /// Records that the instruction that follows may throw: the scopes that the exception would leave need a handler.
    pub(super) fn may_throw(&mut self) {
        let mut inside = self.structures.len();
        for scope in self.scopes.iter_mut().rev() {
            let structures = self.structures.get(scope.depth..inside).unwrap_or_default();
            if structures.iter().any(|structure| structure.catches == Catches::All) {
                scope.has_guarded_call = true;
                return;
            }
            let is_missed = scope.has_guarded_call && planted::has(Bug::ScopeAfterGuardedCall);
            if let Some(wrapper) = scope.wrapper.filter(|_| !is_missed) {
                self.engine.need_wrapper(wrapper);
            }
            inside = scope.depth;
        }
    }

    /// Like [`may_throw`](FunctionBuilder::may_throw), for a call of an unknown function.
    pub(super) fn may_throw_if_anything_does(&mut self) {
        if self.signatures.anything_throws() {
            self.may_throw();
        }
    }

    pub(super) fn close(&mut self, handle: LocalIndex) {
        self.engine.local_get(handle);
        self.lower_intrinsic(Intrinsic::AllocatorFree);
    }

    /// The local that holds the handle of a scope's region.
    pub(super) fn scope_handle(&self, scope: usize) -> Option<LocalIndex> {
        self.scopes.get(scope).map(|scope| scope.handle)
    }

    /// The outermost scope that a jump to the structure with this number exits. The function has number 0.
    pub(super) fn left_by(&self, target: usize) -> usize {
        self.scopes.partition_point(|scope| scope.depth < target)
    }

    /// Whether a jump to the structure with this number exits a scope.
    pub(super) fn leaves(&self, target: usize) -> bool {
        self.left_by(target) < self.scopes.len()
    }

    /// Whether the innermost scope is open, and was opened in the current arm of the innermost control structure.
    pub(super) fn is_scope_open_in_arm(&self) -> bool {
        self.scopes.last().is_some_and(|scope| scope.depth >= self.structures.len())
    }

    /// The handles of the scopes from `first` on, the outermost one first.
    pub(super) fn handles_from(&self, first: usize) -> Vec<LocalIndex> {
        self.scopes.iter().skip(first).map(|scope| scope.handle).collect()
    }

    /// Closes the regions from `first` on before their scopes are exited, the innermost one first. If closing the
    /// outermost one closes all, only that one is closed.
    pub(super) fn leave(&mut self, first: usize) {
        if self.engine.is_unwinding() && planted::has(Bug::LandingForgetsScopes) {
            return;
        }
        let kept = planted::has(Bug::JumpForgetsOutermost) && first + 1 < self.scopes.len();
        let first = first + usize::from(kept);
        let left = self.handles_from(first);
        if self.engine.closes_all_at_once() {
            if let Some((outermost, inner)) = left.split_first() {
                inner.iter().rev().for_each(|handle| self.engine.record_close(*handle));
                self.close(*outermost);
            }
            return;
        }
        for handle in left.into_iter().rev() {
            self.close(handle);
        }
    }

    /// Closes the regions that an exception thrown here exits. `tag` is its tag, if known. With [`Unwind::Release`] the
    /// handlers of the regions close them instead.
    pub(super) fn leave_by_throw(&mut self, tag: Option<u32>) {
        if self.unwind == Unwind::Release || planted::has(Bug::ThrowForgetsScopes) {
            return;
        }
        let handler = self.structures.iter().rposition(|structure| structure.catches != Catches::Nothing);
        match handler {
            None => self.leave(0),
            Some(position) => {
                let structure = &self.structures[position];
                // Tags with different indices may be the same tag, imported twice.
                let is_caught = tag.is_some_and(|tag| structure.tags.contains(&tag));
                let may_pass = structure.catches == Catches::Some && !is_caught;
                let inside = self.left_by(position + 1);
                if may_pass && inside > 0 {
                    self.fail(
                        "it is unknown whether a handler inside of the region catches this throw: choose \
                         Unwind::Release",
                    );
                }
                self.leave(inside);
            }
        }
    }

    /// Checks that an allocation from a region is allowed, as far as scopes show.
    pub(super) fn check_region(&mut self, region: Region) {
        if !self.owns(region.owner, "the region") || region.scope.is_none() {
            return;
        }
        let position = self.scopes.iter().rposition(|scope| Some(scope.serial) == region.scope);
        match position {
            None => self.violate(Violation::UseAfterFree, "allocation from a region whose scope has ended"),
            Some(position)
                if position + 1 < self.scopes.len() && self.engine.choices().nesting != Nesting::Outermost =>
            {
                self.violate(Violation::NotInnermost, "allocation from a region while an inner region is open");
            }
            Some(_) => {}
        }
    }

    /// Pushes the handle of a region. After its scope has ended, its local may be reused.
    pub(super) fn push_handle(&mut self, region: Region) {
        if !self.owns(region.owner, "the region") {
            return;
        }
        if region.scope.is_some() && !self.is_scope_open(region.scope) {
            return self.violate(Violation::UseAfterFree, "use of the handle of a region whose scope has ended");
        }
        self.engine.local_get(region.handle);
    }

    /// Pushes a segment. After the scope of its region has ended, its memory is free, unless regions are freed together.
    pub(super) fn push_segment(&mut self, segment: Segment) {
        if !self.owns_segment(segment) {
            return;
        }
        let local = match segment.source {
            Source::Local(local) => local,
            Source::Static(segment) => return self.engine.static_segment(segment),
        };
        let frees = self.engine.choices().nesting != Nesting::Outermost;
        if frees && segment.scope.is_some() && !self.is_scope_open(segment.scope) {
            self.violate(Violation::UseAfterFree, "use of a segment after the scope of its region has ended");
        }
        self.engine.local_get(local);
    }

    /// Whether a segment belongs to this function, or to static data of its module. It is a mistake if it does not.
    pub(super) fn owns_segment(&mut self, segment: Segment) -> bool {
        match segment.source {
            Source::Local(_) => self.owns(segment.owner, "the segment"),
            Source::Static(_) if self.module == Some(segment.owner) => true,
            Source::Static(_) => {
                self.fail("the static data belongs to another module");
                false
            }
        }
    }

    /// Records a definite violation.
    fn violate(&mut self, kind: Violation, message: &str) {
        if self.engine.is_dead() {
            return;
        }
        let place = self.place();
        self.remember(Error::Violation { kind, message: message.to_string(), place });
    }

    /// Begins a structure that is hidden from the frontend. It takes nothing from the stack.
    pub(super) fn begin_hidden(&mut self, instruction: &Instruction<'_>) {
        let (Instruction::Block(ty) | Instruction::TryTable(ty, _)) = instruction else { return };
        let (params, results) = self.block_arity(*ty);
        self.hide(results);
        self.engine.begin(StructureKind::Block, 0, (params, results), |tape| tape.instruction(instruction));
    }

    /// Begins a hidden block with several results, whose type may not exist yet.
    pub(super) fn begin_hidden_block(&mut self, results: Vec<ValType>) {
        const BLOCK: u8 = 0x02;
        let (count, position) = (results.len() as u32, self.block_types.len() as u32);
        self.block_types.push(results);
        self.hide(count);
        self.engine.begin(StructureKind::Block, 0, (0, count), |tape| {
            tape.raw(&[BLOCK]);
            tape.number(Number::BlockType(position));
        });
    }

    fn hide(&mut self, carried: u32) {
        let serial = self.serial();
        self.structures.push(Structure { hidden: true, ..Structure::new(serial, carried) });
        self.hidden += 1;
    }

    /// Ends a hidden structure.
    pub(super) fn end_hidden(&mut self) {
        self.structures.pop();
        self.hidden -= 1;
        self.engine.end(|tape| tape.instruction(&Instruction::End));
    }
}
