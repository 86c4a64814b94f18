//! Control structures, and instructions that code does not go on behind.

use crate::engine::innermost::Innermost;
use crate::engine::scan::Scan;
use crate::engine::tape::Tape;
use crate::engine::{Engine, frames};
use crate::index::LocalIndex;
use crate::planted::{self, Bug};

/// A control structure that is open.
#[derive(Debug)]
pub(super) struct Control {
    /// How many operands lie below it.
    pub(super) floor: usize,
    params: u32,
    results: u32,
    /// How deep the innermost loop that is open here is, counted in control structures; 0 if there is none.
    pub(super) loop_depth: usize,
    /// How many loops are open here.
    pub(super) loops: u32,
    /// How many structures are open here whose code may not be reached.
    pub(super) level: usize,
    /// The locals of which something is known since the current arm began.
    pub(super) facts: Vec<LocalIndex>,
    /// The frames that the current arm closed.
    pub(super) closed: Vec<frames::FrameId>,
    /// What was known of the innermost regions before it.
    innermost: Innermost,
}

impl Control {
    /// What holds the body of a function with so many results.
    pub(super) fn of_function(results: u32) -> Control {
        Control {
            floor: 0,
            params: 0,
            results,
            loop_depth: 0,
            loops: 0,
            level: 0,
            facts: Vec::new(),
            closed: Vec::new(),
            innermost: Innermost::default(),
        }
    }
}

impl Engine<'_> {
    /// How many structures are open here whose code may not be reached.
    pub(super) fn level(&self) -> usize {
        self.control.last().map_or(0, |control| control.level)
    }

    /// Says that the code of the structure that was just opened is reached whenever its start is.
    pub(crate) fn is_reached(&mut self) {
        if self.is_dead() {
            return;
        }
        if let Some(control) = self.control.last_mut() {
            control.level = control.level.saturating_sub(1);
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
        const BR: u8 = 0x0c;
        let start = self.tape.len();
        write(&mut self.tape);
        let is_branch = self.tape.byte_at(start) == Some(BR);
        let label = self.tape.number_at(start).filter(|_| is_branch);
        if !label.is_some_and(|label| self.scan.as_mut().is_some_and(|scan| scan.branch(label))) {
            self.scan = None;
        }
        self.end_group();
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
        self.end_group();
        let before = self.tape.here();
        self.scan = is_loop.then(|| Scan::new(before, self.control.len() + 1));
        self.tape.label(Some(self.labels - 1));
        write(&mut self.tape);
        if is_loop {
            // The loop may assign these before it comes round to where they are read.
            for local in self.changing.drain(..) {
                if !planted::has(Bug::LocalInLoop) {
                    self.locals.set_fact(local, None);
                }
            }
        }
        let outer = self.control.last().map_or(0, |control| control.loop_depth);
        let loop_depth = if is_loop { self.control.len() + 1 } else { outer };
        let floor = self.operands.height();
        let innermost = self.innermost;
        if is_loop {
            self.innermost.forget();
            self.proven.begin_loop(&self.locals);
        }
        let loops = self.control.last().map_or(0, |control| control.loops) + u32::from(is_loop);
        let level = self.level() + 1;
        let (facts, closed) = (Vec::new(), Vec::new());
        self.control.push(Control { floor, params, results, loop_depth, loops, level, facts, closed, innermost });
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
        self.end_straight();
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
        self.hoist_checks();
        self.end_straight();
        self.end_arm();
        self.dead = None;
        if let Some(control) = self.control.pop() {
            self.innermost.leave(&control.innermost);
        }
        write(&mut self.tape);
        self.produce(results);
    }
}
