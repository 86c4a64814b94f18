//! The effect of each event on each kind of knowledge: the soundness argument of the engine, as a table.
//!
//! Each kind of knowledge has a column, which is a function, and in it a case for each kind of event. No column has a
//! wildcard case, and [`Knowledge::event`] calls every column, so that a new kind of either does not compile until
//! every pair is decided.
//!
//! # Invariants
//!
//! Each case names the invariant that justifies it.
//!
//! - K1. A content holds from an assignment to the next one. It holds only in the arm of the assignment: other arms are
//!   entered without it.
//! - K2. A loop returns to its start after any assignment in it. So a content is lost where a loop begins, unless the
//!   local has a single assignment, which precedes the loop.
//! - K3. Other functions cannot assign locals.
//! - K4. An allocation joins a frame only in the control structure and in the arm in which the frame began, or nested
//!   in them, and not inside a loop that began later. Then it runs at most once for each time that the frame is
//!   reserved.
//! - K5. An allocation joins a frame only if no path to it closes the region of the frame in between, or if it is a
//!   misuse on each path that does. The end of a structure undoes the closes in an arm whose end is unreachable: no
//!   path falls through such a close to the code after the structure. A branch of the arm may still lead to the end of
//!   an enclosing structure, or to the start of a loop. An allocation after that target with the same [`RegionKey`] has
//!   the handle that was closed: if its local was assigned after the close, the content is lost (K1), and a parameter
//!   that is a key is never assigned. On that path, it allocates from a closed region. If regions are checked, the
//!   check of the handle precedes the allocation (K6); otherwise the behaviour is unspecified.
//! - K6. Only an open, a close and unknown code change the innermost region. A structure without any of them preserves
//!   the knowledge before it. So does each iteration of a loop without any of them: at each position in it, a region is
//!   the innermost one if it was before the loop.
//! - K7. A proved fact holds where every path passes through the check: in its arm, while the locals that it names are
//!   unchanged. Positions decide that; see [`Contents::is_unchanged`](super::contents::Contents::is_unchanged).
//! - K8. Memory becomes free, or linmem's, only by opens, closes, growth and unknown code. Where a loop begins, the
//!   rest of the loop may do any of them before it repeats.
//! - K9. Checks move only across straight-line code: code that neither leaves the iteration of the loop, nor calls, nor
//!   has an effect that is observable from outside, except accesses of memory.
//! - K10. The header of a region, and the structure that a local of the program was cast to, have locals of their own,
//!   which only the open, or the cast, assigns. Whether a cast still holds is K7; no two regions have the same
//!   [`RegionId`].
//! - K11. In a loop of straight-line code without calls, opens and closes, top is moved only by the frames that begin in
//!   it and by calls of helpers.
//!
//! [`RegionId`]: super::frames::RegionId

use crate::engine::knowledge::event::{ArmKind, Event, Outcome, StructureKind};
use crate::engine::knowledge::frames::RegionKey;
use crate::engine::knowledge::rounds::Rounds;
use crate::engine::knowledge::scan::Scan;
use crate::engine::knowledge::{Knowledge, Structure};
use crate::engine::locals::Locals;
use crate::planted::{self, Bug};

impl Knowledge {
    /// Records an event, and returns the work that it leaves for the engine.
    pub(crate) fn event(&mut self, event: Event, locals: &mut Locals) -> Outcome {
        let mut outcome = Outcome::default();
        if let Event::Enter { structure, .. } = event {
            self.enter(structure);
        }
        self.straight_column(&event, &mut outcome);
        self.rounds_column(&event, &mut outcome);
        self.frames_column(&event, locals, &mut outcome);
        self.contents_column(&event, locals);
        self.proven_column(&event, locals);
        self.innermost_column(&event, &mut outcome);
        places_column(&event);
        self.structures_column(&event);
        outcome
    }

    /// The open control structures, and whether the end of the current arm can be reached. The other columns see a
    /// structure from its start to its end, so this column is the last one, and [`enter`](Knowledge::enter) precedes
    /// all of them.
    fn structures_column(&mut self, event: &Event) {
        let Some(structure) = self.structures.last_mut() else { return };
        match *event {
            // K5
            Event::Diverge { .. } => structure.diverged = true,
            // The next arm is entered from the start of the structure, or from anywhere in the previous arm.
            Event::NextArm(_) => structure.diverged = false,
            Event::Leave => {
                self.structures.pop();
            }
            // The start of a structure is reachable; `enter` says so.
            Event::Enter { .. } => {}
            // The code after each of them is reachable.
            Event::Assign { .. }
            | Event::Call
            | Event::Open(_)
            | Event::Close(_)
            | Event::Retire(_)
            | Event::Grow
            | Event::Access
            | Event::Effect
            | Event::Pinned
            | Event::BranchIf { .. } => {}
        }
    }

    /// The contents of locals.
    fn contents_column(&mut self, event: &Event, locals: &mut Locals) {
        match *event {
            // K1
            Event::Assign { local, at, times, .. } => locals.contents.assign(local, at, times),
            // K2
            Event::Enter { structure: StructureKind::Loop, .. } => {
                for local in self.changing.drain(..) {
                    if !planted::has(Bug::LocalInLoop) {
                        locals.contents.forget(local);
                    }
                }
            }
            // K1
            Event::NextArm(_) | Event::Leave => {
                let Some(structure) = self.structures.last_mut() else { return };
                for local in structure.learned.drain(..) {
                    if !planted::has(Bug::LocalAfterArm) {
                        locals.contents.forget(local);
                    }
                }
            }
            // K3
            Event::Call
            | Event::Open(_)
            | Event::Close(_)
            | Event::Retire(_)
            | Event::Grow
            | Event::Access
            | Event::Effect
            | Event::Pinned => {}
            // The structure has not been left.
            Event::BranchIf { .. } | Event::Diverge { .. } | Event::Enter { structure: StructureKind::Block, .. } => {}
        }
    }

    /// Which frames an allocation may join.
    fn frames_column(&mut self, event: &Event, locals: &mut Locals, outcome: &mut Outcome) {
        let depth = self.structures.len();
        match *event {
            // K5
            Event::Close(key) => {
                if let Some(key @ RegionKey::Opened(_)) = key {
                    let retired = self.frames.end(key, depth);
                    self.give_up(retired, locals, outcome);
                }
                let closed = self.frames.close(key);
                if let Some(structure) = self.structures.last_mut() {
                    structure.closed.extend(closed);
                }
            }
            // K5
            Event::Retire(key) => {
                let retired = self.frames.end(key, depth);
                self.give_up(retired, locals, outcome);
                self.frames.close(Some(key));
            }
            // K4, K5
            Event::NextArm(_) | Event::Leave => {
                let retired = self.frames.leave(depth);
                self.give_up(retired, locals, outcome);
                let Some(structure) = self.structures.last_mut() else { return };
                let closed = std::mem::take(&mut structure.closed);
                if structure.diverged {
                    self.frames.reopen(&closed);
                } else if let [.., outer, _] = &mut self.structures[..] {
                    outer.closed.extend(closed);
                }
            }
            // K4: `Knowledge::join` compares the depth of the innermost loop.
            Event::Enter { .. } => {}
            // At any code between two allocations, top is already above the whole frame.
            Event::Assign { .. }
            | Event::Call
            | Event::Open(_)
            | Event::Grow
            | Event::Access
            | Event::Effect
            | Event::Pinned
            | Event::BranchIf { .. }
            | Event::Diverge { .. } => {}
        }
    }

    /// Which region is the innermost one.
    fn innermost_column(&mut self, event: &Event, outcome: &mut Outcome) {
        match *event {
            // K6
            Event::Open(key) => self.innermost.open(key),
            Event::Close(key) => self.innermost.close(key),
            Event::Call => self.innermost.call(),
            // K6: the loop may repeat after any of them. Whether it has one is known where it ends.
            Event::Enter { structure: StructureKind::Loop, .. } => self.innermost.forget(),
            // K6
            Event::NextArm(ArmKind::Else) => {
                if let Some(structure) = self.structures.last() {
                    self.innermost.restart(&structure.innermost);
                }
            }
            // An exception may leave the previous arm at any point.
            Event::NextArm(ArmKind::Handler) => self.innermost.forget(),
            // K6
            Event::Leave => {
                if let Some(structure) = self.structures.last_mut() {
                    let checks = std::mem::take(&mut structure.handle_checks);
                    if self.innermost.is_since(&structure.innermost) || planted::has(Bug::HandleAfterRepeat) {
                        outcome.unneeded = checks;
                    } else {
                        outcome.needed = checks;
                    }
                    self.innermost.leave(&structure.innermost);
                }
            }
            // The door has already recorded the close on every path.
            Event::Retire(_) => {}
            // None of them opens or closes a region.
            Event::Assign { .. }
            | Event::Grow
            | Event::Access
            | Event::Effect
            | Event::Pinned
            | Event::BranchIf { .. }
            | Event::Diverge { .. }
            | Event::Enter { structure: StructureKind::Block, .. } => {}
        }
    }

    /// The facts that checks proved: sizes, ranges, liveness and casts.
    fn proven_column(&mut self, event: &Event, locals: &Locals) {
        match event {
            // K8: liveness ends. K3, K7: sizes and casts stay, because a segment never changes.
            Event::Call | Event::Open(_) | Event::Close(_) | Event::Grow => self.proven.free(),
            // K7, K8
            Event::Enter { structure: StructureKind::Loop, .. } => self.proven.begin_loop(&locals.contents),
            // K7
            Event::NextArm(_) | Event::Leave => self.proven.leave(self.structures.len()),
            // K7: positions decide.
            Event::Assign { .. } => {}
            // The door has already recorded the close on every path.
            Event::Retire(_) => {}
            // None of them frees memory or changes a local.
            Event::Access
            | Event::Effect
            | Event::Pinned
            | Event::BranchIf { .. }
            | Event::Diverge { .. }
            | Event::Enter { structure: StructureKind::Block, .. } => {}
        }
    }

    /// The loop that is being analyzed, and the group of checks.
    fn straight_column(&mut self, event: &Event, outcome: &mut Outcome) {
        let depth = self.structures.len();
        match *event {
            Event::Assign { local, step, at, .. } => {
                if let Some(scan) = &mut self.scan {
                    scan.assign(local, step, at);
                }
            }
            // K9
            Event::Call | Event::Access | Event::Effect => {
                if !planted::has(Bug::HoistAcrossExit) {
                    self.scan = None;
                }
                if !planted::has(Bug::GroupAcrossEffects) {
                    outcome.ended_group = self.group.take();
                }
            }
            // K9
            Event::Pinned | Event::Open(_) | Event::Close(_) | Event::Grow | Event::NextArm(_) => {
                self.scan = None;
                outcome.ended_group = self.group.take();
            }
            // K9: a counted loop has one branch, which repeats or leaves the loop.
            Event::BranchIf { label, condition, code: (_, at) } => match &mut self.scan {
                Some(scan) => {
                    let condition = condition.filter(|condition| !condition.implicit);
                    if !scan.branch_if(label, condition, at) && !planted::has(Bug::HoistAcrossExit) {
                        self.scan = None;
                    }
                }
                None if planted::has(Bug::GroupAcrossEffects) => {}
                None => outcome.ended_group = self.group.take(),
            },
            Event::Diverge { label } => {
                let leads_back = label.is_some_and(|label| self.scan.as_mut().is_some_and(|scan| scan.branch(label)));
                if !leads_back {
                    self.scan = None;
                }
                outcome.ended_group = self.group.take();
            }
            Event::Enter { structure, before, .. } => {
                outcome.ended_group = self.group.take();
                self.scan = (structure == StructureKind::Loop).then(|| Box::new(Scan::new(before, depth)));
            }
            Event::Leave => {
                outcome.ended_loop = self.scan.take().filter(|scan| scan.depth == depth);
                outcome.ended_group = self.group.take();
            }
            Event::Retire(_) => {}
        }
    }

    /// The allocations of the loop that is being analyzed.
    fn rounds_column(&mut self, event: &Event, outcome: &mut Outcome) {
        let depth = self.structures.len();
        match *event {
            Event::Assign { local, step, at, .. } => {
                if let Some(rounds) = &mut self.rounds {
                    rounds.assign(local, step, at);
                }
            }
            // K11
            Event::Call | Event::Open(_) | Event::Close(_) | Event::Retire(_) | Event::Effect | Event::NextArm(_) => {
                self.rounds = None;
            }
            // K11: what moves top without beginning a frame is a call, which is found when the loop ends.
            Event::Grow => {}
            // K11: neither moves top.
            Event::Access | Event::Pinned => {}
            Event::BranchIf { label, condition, code } => {
                if self.rounds.as_mut().is_some_and(|rounds| !rounds.branch_if(label, condition, code)) {
                    self.rounds = None;
                }
            }
            Event::Diverge { label } => {
                let leads_back =
                    label.is_some_and(|label| self.rounds.as_mut().is_some_and(|rounds| rounds.branch(label)));
                if !leads_back {
                    self.rounds = None;
                }
            }
            Event::Enter { structure, start, .. } => {
                self.rounds = (structure == StructureKind::Loop).then(|| Box::new(Rounds::new(start, depth)));
            }
            Event::Leave => outcome.ended_rounds = self.rounds.take().filter(|rounds| rounds.depth == depth),
        }
    }

    fn enter(&mut self, structure: StructureKind) {
        let (outer_depth, level) =
            self.structures.last().map_or((0, 0), |structure| (structure.loop_depth, structure.level));
        let loop_depth = match structure {
            StructureKind::Loop => self.structures.len() + 1,
            StructureKind::Block => outer_depth,
        };
        self.structures.push(Structure { loop_depth, level: level + 1, ..Structure::new(self.innermost) });
    }
}

/// The locals that hold headers of regions, and structures that references were cast to.
fn places_column(event: &Event) {
    match event {
        // K10
        Event::Assign { .. }
        | Event::Call
        | Event::Open(_)
        | Event::Close(_)
        | Event::Grow
        | Event::Retire(_)
        | Event::Access
        | Event::Effect
        | Event::Pinned
        | Event::BranchIf { .. }
        | Event::Diverge { .. }
        | Event::Enter { .. }
        | Event::NextArm(_)
        | Event::Leave => {}
    }
}
