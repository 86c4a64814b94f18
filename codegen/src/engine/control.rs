//! Control structures, and instructions that code does not go on behind.

use crate::engine::knowledge::event::{ArmKind, Event, StructureKind};
use crate::engine::state::Engine;
use crate::engine::structure::Control;
use crate::engine::tape::Tape;

impl Engine<'_> {
    /// Says that the code of the structure that was just opened is reached whenever its start is.
    pub(crate) fn is_reached(&mut self) {
        if self.is_dead() {
            return;
        }
        self.knowledge.is_reached();
    }

    /// Writes an instruction after which the code does not go on: a branch to a label, or anything else.
    pub(crate) fn diverge(&mut self, label: Option<u32>, pops: Option<u32>, write: impl FnOnce(&mut Tape)) {
        if self.is_dead() {
            return;
        }
        match pops {
            Some(pops) => self.consume(pops),
            None => self.forget(),
        }
        write(&mut self.tape);
        self.die(label);
    }

    /// Opens a control structure that takes `params` from the stack (besides `conditions`) and will leave `results`.
    pub(crate) fn begin(
        &mut self,
        structure: StructureKind,
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
        let before = self.tape.here();
        self.event(Event::Enter { structure, before });
        self.tape.label(Some(self.labels - 1));
        write(&mut self.tape);
        let floor = self.operands.height();
        let loops =
            self.control.last().map_or(0, |control| control.loops) + u32::from(structure == StructureKind::Loop);
        self.control.push(Control { floor, params, results, loops });
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
        let arm = if pushes.is_none() { ArmKind::Else } else { ArmKind::Handler };
        self.event(Event::NextArm(arm));
        self.end_arm();
        write(&mut self.tape);
        let params = self.control.last().map_or(0, |control| control.params);
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
        self.event(Event::Leave);
        self.end_arm();
        self.control.pop();
        write(&mut self.tape);
        self.produce(results);
    }
}
