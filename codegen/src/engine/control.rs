//! Control structures, and instructions that end straight-line code.

use crate::engine::knowledge::event::{ArmKind, Event, StructureKind};
use crate::engine::state::Engine;
use crate::engine::structure::Control;
use crate::engine::tape::Tape;

impl Engine {
    /// Records that the structure that was just opened executes whenever its start is reached.
    pub(crate) fn is_reached(&mut self) {
        if self.is_dead() {
            return;
        }
        self.knowledge.is_reached();
    }

    /// Writes an instruction that never falls through: a branch to a label, or any other.
    pub(crate) fn diverge(&mut self, label: Option<u32>, pops: Option<u32>, write: impl Fn(&mut Tape)) {
        if self.is_dead() {
            return;
        }
        match pops {
            Some(pops) => self.consume(pops),
            None => self.forget(),
        }
        self.recorded(&write);
        write(&mut self.tape);
        self.die(label);
    }

    /// Opens a control structure that pops `params` (and, above them, `conditions`) and will push `results`.
    pub(crate) fn begin(
        &mut self,
        structure: StructureKind,
        conditions: u32,
        (params, results): (u32, u32),
        write: impl Fn(&mut Tape),
    ) {
        self.labels += 1;
        self.begin_labeled(structure, conditions, (params, results), Some(self.labels - 1), write);
    }

    /// Opens a block, an `if` or a `try_table` that the program does not have.
    pub(crate) fn begin_added(&mut self, conditions: u32, arity: (u32, u32), write: impl Fn(&mut Tape)) {
        self.begin_labeled(StructureKind::Block, conditions, arity, None, write);
    }

    fn begin_labeled(
        &mut self,
        structure: StructureKind,
        conditions: u32,
        (params, results): (u32, u32),
        label: Option<u32>,
        write: impl Fn(&mut Tape),
    ) {
        if let Some(depth) = &mut self.dead {
            *depth += 1;
            return;
        }
        self.consume(conditions + params);
        let before = self.tape.here();
        let start = self.tape.mark();
        self.event(Event::Enter { structure, before, start });
        self.tape.label(label);
        self.recorded(&write);
        write(&mut self.tape);
        let floor = self.operands.height();
        let loops =
            self.control.last().map_or(0, |control| control.loops) + u32::from(structure == StructureKind::Loop);
        self.control.push(Control { floor, params, results, loops });
        self.produce(params);
    }

    /// Begins the next arm: `else`, or a handler of a legacy `try`. A handler starts with `pushes` operands; `else`
    /// starts with the parameters of the structure.
    pub(crate) fn next_arm(&mut self, pushes: Option<u32>, write: impl Fn(&mut Tape)) {
        match self.dead {
            Some(1..) => return,
            Some(0) => {}
            None => {
                let results = self.control.last().map_or(0, |control| control.results);
                self.consume(results);
            }
        }
        let arm = if pushes.is_none() { ArmKind::Else } else { ArmKind::Handler };
        self.event(Event::NextArm(arm));
        self.end_arm();
        self.recorded(&write);
        write(&mut self.tape);
        let params = self.control.last().map_or(0, |control| control.params);
        self.produce(pushes.unwrap_or(params));
    }

    /// Ends a control structure, or the function itself: `end` or `delegate`.
    pub(crate) fn end(&mut self, write: impl Fn(&mut Tape)) {
        if let Some(depth @ 1..) = &mut self.dead {
            *depth -= 1;
            return;
        }
        let results = self.control.last().map_or(0, |control| control.results);
        if !self.is_dead() {
            // The result of the function.
            if let (1, 1, Some(tail)) = (self.control.len(), results, self.tail)
                && let Some(result) = self.operands.top(self.control.last().map_or(0, |control| control.floor))
            {
                tail.leave_on_stack(&result, &mut self.tape);
            }
            self.consume(results);
        }
        self.event(Event::Leave);
        let rounds = self.ended_rounds.take();
        self.end_arm();
        let control = self.control.pop();
        self.recorded(&write);
        write(&mut self.tape);
        // A structure around the loop would hide its operands.
        let is_closed = control.is_some_and(|control| control.params == 0 && control.results == 0);
        if let Some(rounds) = rounds.filter(|_| is_closed) {
            self.reserve_before(&rounds);
        }
        self.produce(results);
    }
}
