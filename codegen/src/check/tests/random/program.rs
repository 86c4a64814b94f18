//! Random programs over three locals that hold handles.

use std::fmt::Write;

/// The number of locals.
pub(super) const LOCALS: usize = 3;

/// A statement. The string is the label of its instruction, such as `free 2`.
pub(super) enum Statement {
    New(usize, String),
    Free(usize, String),
    Allocate(usize, String),
    Copy {
        from: usize,
        to: usize,
    },
    /// Passes the handle to other code.
    Hand(usize),
    /// Calls a function that has no handle.
    Call,
    If(Vec<Statement>, Vec<Statement>),
    Block(Vec<Statement>),
    /// Repeats or not, at the end of the body.
    Loop(Vec<Statement>),
    /// A body, and a handler of all exceptions thrown in it. The body is inside three labels, the handler inside one.
    Try(Vec<Statement>, Vec<Statement>),
    Branch(usize, String),
    BranchIf(usize, String),
    Return(String),
    Throw(String),
}

/// Pseudo-random numbers, determined by the seed.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound as u64) as usize
    }
}

/// The style of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Any statement anywhere.
    Wild,
    /// Regions are closed at the end of their list and on branches out of it, with an occasional mistake.
    Tidy,
}

/// Generates programs.
pub(super) struct Generator {
    numbers: Numbers,
    style: Style,
    /// The number of statements that may still be generated.
    room: usize,
    counts: [usize; 7],
    /// In a tidy program, the locals whose regions are open, and the number of labels around each.
    open: Vec<(usize, usize)>,
}

impl Generator {
    pub(super) fn new(seed: u64, style: Style) -> Generator {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let room = 4 + numbers.below(13);
        Generator { numbers, style, room, counts: [0; 7], open: Vec::new() }
    }

    pub(super) fn program(&mut self) -> Vec<Statement> {
        let mut program = Vec::new();
        if self.style == Style::Wild {
            program.push(Statement::New(0, self.label(0, "new")));
        }
        while self.room > 0 {
            program.extend(self.list(0, 0));
        }
        program
    }

    fn label(&mut self, kind: usize, word: &str) -> String {
        self.counts[kind] += 1;
        format!("{word} {}", self.counts[kind])
    }

    /// Statements inside `depth` control structures that have `labels` labels.
    fn list(&mut self, depth: usize, labels: usize) -> Vec<Statement> {
        let wanted = 1 + self.numbers.below(5);
        let mut list = Vec::new();
        for _ in 0..wanted {
            if self.room == 0 {
                break;
            }
            self.room -= 1;
            match self.style {
                Style::Wild => list.push(self.statement(depth, labels)),
                Style::Tidy => self.tidy(depth, labels, &mut list),
            }
        }
        list
    }

    /// Whether a tidy program makes a mistake here.
    fn slips(&mut self) -> bool {
        self.numbers.below(25) == 0
    }

    fn tidy(&mut self, depth: usize, labels: usize, list: &mut Vec<Statement>) {
        let is_free = |local: &usize| self.open.iter().all(|(open, _)| open != local);
        match self.numbers.below(10) {
            0..=3 => {
                let Some(local) = (0..LOCALS).find(is_free) else { return };
                list.push(Statement::New(local, self.label(0, "new")));
                self.open.push((local, labels));
                list.extend(self.list(depth + 1, labels));
                self.open.pop();
                if !self.slips() {
                    list.push(Statement::Free(local, self.label(1, "free")));
                }
            }
            4 | 5 => {
                if let Some((local, _)) = self.open.last().copied() {
                    list.push(Statement::Allocate(local, self.label(2, "allocate")));
                }
            }
            _ => {
                let mut made = self.statement(depth, labels);
                let to = match &mut made {
                    Statement::New(..) | Statement::Free(..) | Statement::Allocate(..) | Statement::Copy { .. } => {
                        let slips = self.slips();
                        return if slips { list.push(made) } else { self.forget(&made) };
                    }
                    Statement::Branch(depth, _) | Statement::BranchIf(depth, _) => labels.saturating_sub(*depth),
                    Statement::Return(_) | Statement::Throw(_) => 0,
                    _ => return list.push(made),
                };
                self.leave(to, made, list);
            }
        }
    }

    /// Closes the regions that are open inside the label, the innermost first, and branches.
    fn leave(&mut self, to: usize, made: Statement, list: &mut Vec<Statement>) {
        let mut closing = Vec::new();
        for (local, _) in self.open.clone().into_iter().rev().filter(|(_, around)| *around >= to) {
            if !self.slips() {
                closing.push(Statement::Free(local, self.label(1, "free")));
            }
        }
        // Close only on the path that branches: a conditional branch becomes a branch in an `if`.
        match made {
            Statement::BranchIf(depth, _) => {
                self.counts[4] -= 1;
                closing.push(Statement::Branch(depth + 1, self.label(3, "Br")));
                list.push(Statement::If(closing, Vec::new()));
            }
            made => {
                list.append(&mut closing);
                list.push(made);
            }
        }
    }

    /// Takes back the number of a statement that is not used.
    fn forget(&mut self, made: &Statement) {
        match made {
            Statement::New(..) => self.counts[0] -= 1,
            Statement::Free(..) => self.counts[1] -= 1,
            Statement::Allocate(..) => self.counts[2] -= 1,
            _ => {}
        }
    }

    fn statement(&mut self, depth: usize, labels: usize) -> Statement {
        let local = self.numbers.below(LOCALS);
        let kinds = if depth < 4 { 32 } else { 22 };
        match self.numbers.below(kinds) {
            0..=4 => Statement::New(local, self.label(0, "new")),
            5..=10 => Statement::Free(local, self.label(1, "free")),
            11..=13 => Statement::Allocate(local, self.label(2, "allocate")),
            14 | 15 => Statement::Copy { from: local, to: self.numbers.below(LOCALS) },
            16 => Statement::Hand(local),
            17 => Statement::Call,
            18 => Statement::Branch(self.numbers.below(labels + 1), self.label(3, "Br")),
            19 => Statement::BranchIf(self.numbers.below(labels + 1), self.label(4, "BrIf")),
            20 => Statement::Return(self.label(5, "Return")),
            21 => Statement::Throw(self.label(6, "Throw")),
            22..=25 => {
                let then = self.list(depth + 1, labels + 1);
                let otherwise = if self.numbers.below(2) == 0 { self.list(depth + 1, labels + 1) } else { Vec::new() };
                Statement::If(then, otherwise)
            }
            26 | 27 => Statement::Block(self.list(depth + 1, labels + 1)),
            28 | 29 => {
                let body = self.list(depth + 1, labels + 1);
                self.label(4, "BrIf");
                Statement::Loop(body)
            }
            _ => {
                let body = self.list(depth + 1, labels + 3);
                self.label(3, "Br");
                Statement::Try(body, self.list(depth + 1, labels + 1))
            }
        }
    }
}

/// The program in the text format. Its locals start at 1; conditions use local 0.
pub(super) fn write(text: &mut String, list: &[Statement]) {
    for statement in list {
        let (open, body, close) = match statement {
            Statement::New(to, _) => (format!("(local.set {} (call $new))", to + 1), None, ""),
            Statement::Free(of, _) => (format!("(call $free (local.get {}))", of + 1), None, ""),
            Statement::Allocate(of, _) => {
                (format!("(drop (call $allocate (local.get {}) (i32.const 8)))", of + 1), None, "")
            }
            Statement::Copy { from, to } => (format!("(local.set {} (local.get {}))", to + 1, from + 1), None, ""),
            Statement::Hand(of) => (format!("(call $use (local.get {}))", of + 1), None, ""),
            Statement::Call => ("(call $act)".to_string(), None, ""),
            Statement::If(then, _) => ("(if (local.get 0) (then ".to_string(), Some(then), "))"),
            Statement::Block(body) => ("(block ".to_string(), Some(body), ")"),
            Statement::Loop(body) => ("(loop ".to_string(), Some(body), "(br_if 0 (local.get 0)))"),
            Statement::Try(body, _) => ("(block (block (try_table (catch_all 0) ".to_string(), Some(body), ") (br 1))"),
            Statement::Branch(depth, _) => (format!("(br {depth})"), None, ""),
            Statement::BranchIf(depth, _) => (format!("(br_if {depth} (local.get 0))"), None, ""),
            Statement::Return(_) => ("(return)".to_string(), None, ""),
            Statement::Throw(_) => ("(throw $e)".to_string(), None, ""),
        };
        text.push_str(&open);
        write(text, body.map_or(&[], Vec::as_slice));
        match statement {
            Statement::If(_, otherwise) if !otherwise.is_empty() => {
                text.push_str(") (else ");
                write(text, otherwise);
                text.push_str("))");
            }
            Statement::Try(_, handler) => {
                text.push_str(close);
                write(text, handler);
                text.push(')');
            }
            _ => text.push_str(close),
        }
    }
    let _ = writeln!(text);
}
