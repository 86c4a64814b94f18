//! Writes the tries of random programs.

use crate::unwind::write::{Try, Writer};

/// What a clause catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clause {
    /// `catch`, of the tag with an operand.
    A,
    /// `catch_ref`, of the tag with an operand.
    ARef,
    /// `catch`, of the tag without operands.
    B,
    /// `catch_all`.
    All,
    /// `catch_all_ref`.
    AllRef,
}

impl Clause {
    const ALL: [Clause; 5] = [Clause::A, Clause::ARef, Clause::B, Clause::All, Clause::AllRef];

    fn text(self, label: usize) -> String {
        match self {
            Clause::A => format!("(catch $a $c{label})"),
            Clause::ARef => format!("(catch_ref $a $c{label})"),
            Clause::B => format!("(catch $b $c{label})"),
            Clause::All => format!("(catch_all $c{label})"),
            Clause::AllRef => format!("(catch_all_ref $c{label})"),
        }
    }

    fn results(self) -> &'static str {
        match self {
            Clause::A => "(result i32)",
            Clause::ARef => "(result i32 exnref)",
            Clause::B | Clause::All => "",
            Clause::AllRef => "(result exnref)",
        }
    }

    fn has_reference(self) -> bool {
        matches!(self, Clause::ARef | Clause::AllRef)
    }
}

/// Where the region of a try is opened and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// There is none, except those of statements.
    Plain,
    /// It is opened before the try, and closed at the end of its body. The handlers do not read it.
    ClosedInBody,
    /// The same, and the handlers close it, too.
    ClosedByHandlers,
}

impl Writer<'_> {
    /// A try with one or two handlers.
    pub(crate) fn try_(&mut self) {
        let form = match self.source.below(4) {
            0 if self.can_open() => Form::ClosedInBody,
            1 if self.can_open() => Form::ClosedByHandlers,
            _ => Form::Plain,
        };
        let clauses: Vec<(Clause, usize)> = (0..1 + self.source.below(2))
            .map(|position| (Clause::ALL[self.source.below(Clause::ALL.len())], self.labels + position))
            .collect();
        let done = self.labels + clauses.len();
        self.labels = done + 1;
        let token = self.depth;
        let set_token = format!("(local.set $t{token} (call $depth))");
        if form != Form::ClosedByHandlers {
            self.line(&set_token);
        }
        let outside = self.open.clone();
        if form != Form::Plain {
            self.open();
        }
        if form == Form::ClosedByHandlers {
            self.line(&set_token);
        }
        let inside = self.open.clone();
        let keeps = if form == Form::ClosedByHandlers { inside.len() } else { outside.len() };
        // A handler that ends in a throw makes the handles unreachable that no handler around it reads.
        let ends: Vec<bool> = clauses.iter().map(|_| form == Form::Plain && self.source.once_in(5)).collect();
        self.line(&format!("(block $d{done}"));
        for (clause, label) in clauses.iter().rev() {
            self.line(&format!("(block $c{label} {}", clause.results()));
        }
        let texts: Vec<String> = clauses.iter().map(|(clause, label)| clause.text(*label)).collect();
        self.line(&format!("(try_table {}", texts.join(" ")));
        self.tries.push(Try { token, keeps, goes_on: !ends.contains(&true) });
        self.statements(5);
        if form != Form::Plain {
            self.close();
        }
        self.tries.pop();
        self.line(&format!(") (br $d{done})"));
        for ((clause, _), ends) in clauses.into_iter().zip(ends) {
            self.line(")");
            self.open = if keeps == inside.len() { inside.clone() } else { outside.clone() };
            self.handler(clause, token, ends);
            if form == Form::ClosedByHandlers {
                self.close();
            }
            self.again(clause, token);
            self.line(&format!("(br $d{done})"));
        }
        self.line(")");
        self.open = outside;
    }

    fn handler(&mut self, clause: Clause, token: usize, ends: bool) {
        if clause.has_reference() {
            self.line(&format!("(local.set $e{token})"));
        }
        if matches!(clause, Clause::A | Clause::ARef) {
            self.line("(drop)");
        }
        let around = self.tries.last().copied();
        if ends && around.is_none_or(|around| around.goes_on) {
            // No path reads the handles that the handlers of the try around it do not read.
            let caught = around.map_or("$base".to_string(), |around| format!("$t{}", around.token));
            self.line(&format!("(call $caught (local.get {caught}))"));
            self.open.truncate(around.map_or(0, |around| around.keeps));
            let thrown = self.thrown();
            self.line(thrown);
            return;
        }
        self.line(&format!("(call $caught (local.get $t{token}))"));
        self.statements(4);
    }

    /// Throws the exception again, or another one, or none.
    fn again(&mut self, clause: Clause, token: usize) {
        match self.source.below(6) {
            0 if clause.has_reference() => {
                self.line(&format!("(if (call $decide) (then (throw_ref (local.get $e{token}))))"));
            }
            1 => self.throw(),
            _ => {}
        }
    }
}
