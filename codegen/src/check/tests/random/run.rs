//! Runs a program with all combinations of its choices, and records the misuses of each execution.

use super::program::{LOCALS, Statement};
use linmem_allocator::Nesting;
use linmem_intrinsics::Violation;

/// A region that was opened.
#[derive(Clone)]
pub(super) struct Opened {
    /// The label of the `new`.
    pub(super) site: String,
    /// Whether that `new` has run again.
    pub(super) superseded: bool,
    pub(super) open: bool,
    /// Whether other code has the handle.
    pub(super) handed: bool,
    /// Whether other code has closed it, which the analysis cannot know.
    taken: bool,
}

/// A misuse.
#[derive(Clone)]
pub(super) struct Wrong {
    /// The violation; `None` if a region is left open.
    pub(super) kind: Option<Violation>,
    /// The label of the instruction.
    pub(super) at: String,
    /// The regions that it concerns.
    pub(super) about: Vec<Opened>,
}

/// A complete or partial execution.
#[derive(Default)]
pub(super) struct Execution {
    pub(super) wrong: Vec<Wrong>,
    /// The instructions that were executed, and whether each was a misuse.
    pub(super) made: Vec<(String, bool)>,
    /// Whether the function was exited.
    pub(super) has_left: bool,
    pub(super) regions: Vec<Opened>,
    locals: [Option<usize>; LOCALS],
    fuel: usize,
    choices: Vec<bool>,
    chosen: usize,
}

enum Next {
    Go,
    Branch(usize, String),
    Return(String),
    Throw(String),
    /// Ends the execution: it is cut off, or an exception of a callee ends it.
    Stop,
}

const MAX_CHOICES: usize = 11;
const MAX_EXECUTIONS: usize = 3000;

/// All executions, within the limits.
pub(super) fn all(program: &[Statement], nesting: Nesting) -> Vec<Execution> {
    let mut all = Vec::new();
    let mut choices = Vec::new();
    loop {
        let mut run = Execution { choices, fuel: 120, ..Execution::default() };
        let next = run.list(program, nesting, false);
        run.finish(next);
        choices = run.choices.clone();
        all.push(run);
        // The next execution differs in the last choice that still has an alternative.
        while choices.last() == Some(&true) {
            choices.pop();
        }
        match choices.last_mut() {
            Some(last) if all.len() < MAX_EXECUTIONS => *last = true,
            _ => return all,
        }
    }
}

impl Execution {
    fn choose(&mut self) -> Option<bool> {
        if self.chosen == self.choices.len() {
            if self.chosen == MAX_CHOICES {
                return None;
            }
            self.choices.push(false);
        }
        self.chosen += 1;
        self.choices.get(self.chosen - 1).copied()
    }

    fn finish(&mut self, next: Next) {
        let at = match next {
            Next::Go => "end".to_string(),
            Next::Branch(_, at) | Next::Return(at) | Next::Throw(at) => at,
            Next::Stop => return,
        };
        self.has_left = true;
        let left: Vec<Opened> = self.regions.iter().filter(|region| region.open && !region.handed).cloned().collect();
        for region in left {
            self.wrong.push(Wrong { kind: None, at: at.clone(), about: vec![region] });
        }
    }

    fn list(&mut self, list: &[Statement], nesting: Nesting, in_try: bool) -> Next {
        for statement in list {
            if self.fuel == 0 {
                return Next::Stop;
            }
            self.fuel -= 1;
            match self.statement(statement, nesting, in_try) {
                Next::Go => {}
                next => return next,
            }
        }
        Next::Go
    }

    fn statement(&mut self, statement: &Statement, nesting: Nesting, in_try: bool) -> Next {
        match statement {
            Statement::New(to, at) => {
                let around: Vec<Opened> =
                    self.regions.iter().filter(|region| region.open && !region.handed).cloned().collect();
                let nested = nesting == Nesting::Forbid && !around.is_empty();
                if nested {
                    self.wrong.push(Wrong { kind: Some(Violation::Nested), at: at.clone(), about: around });
                }
                self.made.push((at.clone(), nested));
                for region in self.regions.iter_mut().filter(|region| region.site == *at) {
                    region.superseded = true;
                }
                self.locals[*to] = Some(self.regions.len());
                self.regions.push(Opened {
                    site: at.clone(),
                    superseded: false,
                    open: true,
                    handed: false,
                    taken: false,
                });
            }
            Statement::Free(of, at) => {
                self.use_of(*of, at, Violation::AlreadyFreed, nesting);
                if let Some(region) = self.locals[*of] {
                    self.regions[region].open = false;
                }
            }
            Statement::Allocate(of, at) => self.use_of(*of, at, Violation::UseAfterFree, nesting),
            Statement::Copy { from, to } => self.locals[*to] = self.locals[*from],
            Statement::Hand(of) => {
                if let Some(region) = self.locals[*of] {
                    self.regions[region].handed = true;
                    if self.regions[region].open {
                        let Some(closes) = self.choose() else { return Next::Stop };
                        self.regions[region].open = !closes;
                        self.regions[region].taken = closes;
                    }
                }
                return self.call(in_try);
            }
            Statement::Call => return self.call(in_try),
            Statement::If(then, otherwise) => {
                let Some(chosen) = self.choose() else { return Next::Stop };
                let next = self.list(if chosen { then } else { otherwise }, nesting, in_try);
                return past(next);
            }
            Statement::Block(body) => return past(self.list(body, nesting, in_try)),
            Statement::Loop(body) => loop {
                match self.list(body, nesting, in_try) {
                    Next::Branch(0, _) => {}
                    Next::Go => match self.choose() {
                        Some(true) => {}
                        Some(false) => break,
                        None => return Next::Stop,
                    },
                    next => return past(next),
                }
                if self.fuel == 0 {
                    return Next::Stop;
                }
                self.fuel -= 1;
            },
            Statement::Try(body, handler) => {
                let handled = match self.list(body, nesting, true) {
                    Next::Throw(_) | Next::Branch(1, _) => self.list(handler, nesting, in_try),
                    Next::Go | Next::Branch(0 | 2, _) => Next::Go,
                    Next::Branch(depth, at) => return Next::Branch(depth - 3, at),
                    next => return next,
                };
                return past(handled);
            }
            Statement::Branch(depth, at) => return Next::Branch(*depth, at.clone()),
            Statement::BranchIf(depth, at) => match self.choose() {
                Some(true) => return Next::Branch(*depth, at.clone()),
                Some(false) => {}
                None => return Next::Stop,
            },
            Statement::Return(at) => return Next::Return(at.clone()),
            Statement::Throw(at) => return Next::Throw(at.clone()),
        }
        Next::Go
    }

    /// A callee throws or not. Without a handler, that makes no difference.
    fn call(&mut self, in_try: bool) -> Next {
        if !in_try {
            return Next::Go;
        }
        match self.choose() {
            Some(true) => Next::Throw("call".to_string()),
            Some(false) => Next::Go,
            None => Next::Stop,
        }
    }

    fn use_of(&mut self, of: usize, at: &str, if_closed: Violation, nesting: Nesting) {
        let Some(region) = self.locals[of] else {
            self.made.push((at.to_string(), false));
            return;
        };
        let used = self.regions[region].clone();
        let is_inner = |inner: &&Opened| inner.open && !inner.handed;
        let inner: Vec<Opened> = self.regions[region + 1..].iter().filter(is_inner).cloned().collect();
        let wrong = if !used.open {
            Some((if_closed, vec![used]))
        } else if nesting == Nesting::Stack && !inner.is_empty() {
            Some((Violation::NotInnermost, [vec![used], inner].concat()))
        } else {
            None
        };
        self.made.push((at.to_string(), wrong.is_some()));
        if let Some((kind, about)) = wrong.filter(|(_, about)| !about[0].taken) {
            self.wrong.push(Wrong { kind: Some(kind), at: at.to_string(), about });
        }
    }
}

/// Exits a control structure with one label at its end.
fn past(next: Next) -> Next {
    match next {
        Next::Branch(0, _) => Next::Go,
        Next::Branch(depth, at) => Next::Branch(depth - 1, at),
        next => next,
    }
}
