//! Writes handlers of exceptions.

use crate::unwind::scopes::parts::{Carry, Try};
use crate::unwind::scopes::writer::Writer;
use linmem::Nesting;
use linmem::build::{Handler, Label, Local, OnStack};
use linmem::wasm_encoder::{BlockType, Catch, Instruction, ValType};

/// What a handler catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clause {
    /// The position of a tag; `None` for all exceptions.
    tag: Option<usize>,
    /// Whether it receives the exception itself.
    has_exception: bool,
}

impl Clause {
    const ALL: [Clause; 6] = [
        Clause { tag: Some(0), has_exception: false },
        Clause { tag: Some(0), has_exception: true },
        Clause { tag: Some(1), has_exception: false },
        Clause { tag: Some(1), has_exception: true },
        Clause { tag: None, has_exception: false },
        Clause { tag: None, has_exception: true },
    ];
}

impl Writer<'_> {
    /// A try with one or two handlers, which may lie outside of scopes that the try is in.
    pub(super) fn try_(&mut self) {
        let clauses: Vec<Clause> =
            (0..=self.source.below(2)).map(|_| Clause::ALL[self.source.below(Clause::ALL.len())]).collect();
        let known = self.known.len();
        let depth = self.token();
        let done = self.f.begin_block(BlockType::Empty);
        let labels: Vec<Label> = clauses.iter().rev().map(|clause| self.begin_handler(*clause)).collect();
        let around = self.open.len();
        let most = if self.variant.nesting() == Nesting::Forbid { 1 } else { 2 };
        for _ in 0..self.source.below(most + 1) {
            if self.can_open() {
                self.open_scope(BlockType::Empty);
            }
        }
        if self.open.len() > around {
            self.count("handler outside of scopes of its try");
        }
        if self.handlers.last().is_some_and(|open| *open < around) {
            self.count("try in a scope in a handler");
        }
        let inside = self.token();
        self.begin_try(&clauses, &labels);
        let all = clauses.iter().any(|clause| clause.tag.is_none());
        let tags = [0, 1].map(|tag| clauses.iter().any(|clause| clause.tag == Some(tag)));
        let is_calm = self.is_calm;
        self.is_calm &= !all;
        self.tries.push(Try { open: self.open.len(), tags, all });
        let body = self.known.len();
        self.statements(5);
        self.known.truncate(body);
        self.tries.pop();
        self.is_calm = is_calm;
        self.f.end();
        while self.open.len() > around {
            self.close_scope(Carry::Nothing);
        }
        self.f.br(done);
        for clause in clauses {
            self.f.end();
            self.known.truncate(known);
            self.handler(clause, (depth, inside));
            self.f.br(done);
        }
        self.f.end();
        self.known.truncate(known);
    }

    /// Begins the block at whose end a handler is.
    fn begin_handler(&mut self, clause: Clause) -> Label {
        let ty = match (clause.tag, clause.has_exception) {
            (Some(0), false) => BlockType::Result(ValType::I32),
            (Some(0), true) => self.world.value_and_exception,
            (_, false) => BlockType::Empty,
            (_, true) => BlockType::Result(ValType::EXNREF),
        };
        self.f.begin_block(ty)
    }

    /// Begins a `try_table`. `labels` contains those of the handlers, the outermost one first.
    fn begin_try(&mut self, clauses: &[Clause], labels: &[Label]) {
        if self.source.once_in(3) {
            let tag = |tag: usize| self.world.tags[tag];
            let raw = (0..).zip(clauses).map(|(label, clause)| match (clause.tag, clause.has_exception) {
                (Some(position), false) => Catch::One { tag: tag(position), label },
                (Some(position), true) => Catch::OneRef { tag: tag(position), label },
                (None, false) => Catch::All { label },
                (None, true) => Catch::AllRef { label },
            });
            let raw: Vec<Catch> = raw.collect();
            return self.f.instruction(&Instruction::TryTable(BlockType::Empty, raw.into()));
        }
        let handlers: Vec<Handler> = clauses
            .iter()
            .zip(labels.iter().rev())
            .map(|(clause, label)| {
                let handler = match clause.tag {
                    Some(tag) => Handler::tag(self.world.tags[tag], *label),
                    None => Handler::all(*label),
                };
                if clause.has_exception { handler.with_exception() } else { handler }
            })
            .collect();
        self.f.begin_try(BlockType::Empty, &handlers);
    }

    /// A handler, after its block has ended.
    fn handler(&mut self, clause: Clause, tokens: (Local, Local)) {
        let exception = clause.has_exception.then(|| {
            let exception = self.f.local(ValType::EXNREF);
            self.f.set(exception, OnStack);
            exception
        });
        if clause.tag == Some(0) {
            self.f.drop();
        }
        self.report_caught(tokens);
        self.handlers.push(self.open.len());
        self.statements(4);
        self.handlers.pop();
        match exception {
            Some(exception) if self.source.once_in(3) && self.may_throw_own(None) => {
                self.decide();
                self.f.begin_if(BlockType::Empty);
                self.throw_again(exception);
                self.f.end();
            }
            _ if self.source.once_in(5) => self.throw(),
            _ => {}
        }
    }

    /// Reports that a handler begins.
    fn report_caught(&mut self, (depth, inside): (Local, Local)) {
        self.f.push(depth);
        self.f.push(inside);
        self.f.call(self.world.imports.caught);
    }

    fn throw_again(&mut self, exception: Local) {
        self.count("throw of a caught exception");
        self.report_throw(None);
        self.f.push(exception);
        self.f.instruction(&Instruction::ThrowRef);
    }

    /// Code in a handler that catches all exceptions.
    pub(super) fn guarded(&mut self, code: impl FnOnce(&mut Self)) {
        let known = self.known.len();
        let done = self.f.begin_block(BlockType::Empty);
        let caught = self.f.begin_block(BlockType::Empty);
        let token = self.token();
        self.f.begin_try(BlockType::Empty, &[Handler::all(caught)]);
        code(self);
        self.f.end();
        self.f.br(done);
        self.f.end();
        self.report_caught((token, token));
        self.f.end();
        self.known.truncate(known);
    }

    /// A region that the program opens by an intrinsic. A handler closes it, and throws the exception again.
    pub(super) fn guarded_region(&mut self) {
        self.count("region that a handler of the program closes");
        let known = self.known.len();
        self.open_raw(false);
        let done = self.f.begin_block(BlockType::Empty);
        let caught = self.f.begin_block(BlockType::Result(ValType::EXNREF));
        let token = self.token();
        self.f.begin_try(BlockType::Empty, &[Handler::all(caught).with_exception()]);
        self.tries.push(Try { open: self.open.len(), tags: [false; 2], all: true });
        self.statements(5);
        self.tries.pop();
        self.f.end();
        self.f.br(done);
        self.f.end();
        let exception = self.f.local(ValType::EXNREF);
        self.f.set(exception, OnStack);
        self.report_caught((token, token));
        self.free_innermost();
        self.throw_again(exception);
        self.f.end();
        self.known.truncate(known);
        self.close_raw();
    }
}
