//! The labels of a function to which linking adds structures.

use crate::check::Close;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Catch, Handle, Instruction};
use wasmparser::Operator;

/// A clause of a `try_table` that closes regions.
#[derive(Clone, Debug)]
pub(super) struct Landing {
    /// The number of the clause.
    pub(super) clause: u32,
    /// What it closes.
    pub(super) closes: Vec<Close>,
    /// The label that it then leads to, outside of the blocks of the landings.
    pub(super) label: u32,
    /// The number of operands that it carries.
    pub(super) operands: u32,
}

/// A structure of the program that is open.
#[derive(Debug, Default)]
struct Structure {
    /// The number of structures that were added immediately around it.
    added: u32,
    landings: Vec<Landing>,
    results: u32,
}

/// The open structures of the program, the function first.
#[derive(Debug)]
pub(super) struct Labels(Vec<Structure>);

impl Labels {
    pub(super) fn new() -> Labels {
        Labels(vec![Structure::default()])
    }

    /// Begins a structure.
    pub(super) fn begin(&mut self) {
        self.0.push(Structure::default());
    }

    /// Begins a `try_table` with `results` results in the blocks of its landings. Returns its clauses.
    pub(super) fn begin_try_table(
        &mut self,
        catches: &[wasmparser::Catch],
        landings: Vec<Landing>,
        results: u32,
    ) -> Vec<Catch> {
        let added = landings.len() as u32 + 1;
        let clause = |(clause, catch): (u32, &wasmparser::Catch)| {
            let landing = (0..).zip(&landings).find(|(_, landing)| landing.clause == clause);
            relabel_clause(clause_of(catch), |label| match landing {
                Some((position, _)) => position,
                None => self.get(label) + added,
            })
        };
        let clauses = (0..).zip(catches).map(clause).collect();
        self.0.push(Structure { added, landings, results });
        clauses
    }

    /// Ends a structure. Returns its landings and the number of its results.
    pub(super) fn end(&mut self) -> (Vec<Landing>, u32) {
        let Structure { landings, results, .. } = self.0.pop().unwrap_or_default();
        (landings, results)
    }

    /// Whether only the function is open.
    pub(super) fn is_outermost(&self) -> bool {
        self.0.len() == 1
    }

    /// The label in the linked function of a label of the program.
    pub(super) fn get(&self, label: u32) -> u32 {
        let inside = self.0.iter().rev().take(label as usize);
        label + inside.map(|structure| structure.added).sum::<u32>()
    }

    /// An instruction of the program with its labels changed; `None` if it has none that change.
    pub(super) fn relabel<'a>(&self, operator: &Operator<'a>) -> Option<Instruction<'a>> {
        if self.0.iter().all(|structure| structure.added == 0) {
            return None;
        }
        if !matches!(
            operator,
            Operator::Br { .. }
                | Operator::BrIf { .. }
                | Operator::BrTable { .. }
                | Operator::BrOnNull { .. }
                | Operator::BrOnNonNull { .. }
                | Operator::BrOnCast { .. }
                | Operator::BrOnCastFail { .. }
                | Operator::BrOnCastDescEq { .. }
                | Operator::BrOnCastDescEqFail { .. }
                | Operator::TryTable { .. }
                | Operator::Delegate { .. }
                | Operator::Rethrow { .. }
                | Operator::Resume { .. }
                | Operator::ResumeThrow { .. }
                | Operator::ResumeThrowRef { .. }
        ) {
            return None;
        }
        let mut instruction = RoundtripReencoder.instruction(operator.clone()).ok()?;
        match &mut instruction {
            Instruction::Br(label)
            | Instruction::BrIf(label)
            | Instruction::BrOnNull(label)
            | Instruction::BrOnNonNull(label)
            | Instruction::Rethrow(label)
            | Instruction::BrOnCast { relative_depth: label, .. }
            | Instruction::BrOnCastFail { relative_depth: label, .. }
            | Instruction::BrOnCastDescEq { relative_depth: label, .. }
            | Instruction::BrOnCastDescEqFail { relative_depth: label, .. } => *label = self.get(*label),
            Instruction::BrTable(labels, default) => {
                labels.to_mut().iter_mut().for_each(|label| *label = self.get(*label));
                *default = self.get(*default);
            }
            // The label counts from outside of the `try` that it ends.
            Instruction::Delegate(label) => *label = self.get(*label + 1) - 1,
            Instruction::TryTable(_, clauses) => {
                for clause in clauses.to_mut() {
                    *clause = relabel_clause(clause.clone(), |label| self.get(label));
                }
            }
            Instruction::Resume { resume_table, .. }
            | Instruction::ResumeThrow { resume_table, .. }
            | Instruction::ResumeThrowRef { resume_table, .. } => {
                for handle in resume_table.to_mut() {
                    if let Handle::OnLabel { label, .. } = handle {
                        *label = self.get(*label);
                    }
                }
            }
            _ => {}
        }
        Some(instruction)
    }
}

fn clause_of(catch: &wasmparser::Catch) -> Catch {
    match *catch {
        wasmparser::Catch::One { tag, label } => Catch::One { tag, label },
        wasmparser::Catch::OneRef { tag, label } => Catch::OneRef { tag, label },
        wasmparser::Catch::All { label } => Catch::All { label },
        wasmparser::Catch::AllRef { label } => Catch::AllRef { label },
    }
}

/// A clause with another label.
fn relabel_clause(clause: Catch, get: impl FnOnce(u32) -> u32) -> Catch {
    match clause {
        Catch::One { tag, label } => Catch::One { tag, label: get(label) },
        Catch::OneRef { tag, label } => Catch::OneRef { tag, label: get(label) },
        Catch::All { label } => Catch::All { label: get(label) },
        Catch::AllRef { label } => Catch::AllRef { label: get(label) },
    }
}
