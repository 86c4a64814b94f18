//! Makes a program correct: decides its numbers so that they fit, and omits wrong statements. Or makes it wrong, once.

use crate::access::interpret::interpret;
use crate::access::program::{Decided, Form, Hole, Id, Program, visit};
use crate::access::source::Source;
use crate::access::state::{End, Outcome};
use crate::access::value::{Kind, Semantics};
use linmem::{Safety, Violation};

/// What a program must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Correct,
    Wrong,
}

/// The semantics of checks that a program is run with, which differ.
fn all_semantics(program: &Program) -> Vec<Semantics> {
    let packed = |safety| Semantics { kind: Kind::Packed, safety };
    let reference = Semantics { kind: Kind::Reference { nullable: true }, safety: Safety::Temporal };
    if program.setting.frames {
        vec![packed(Safety::Spatial), reference]
    } else {
        vec![packed(Safety::Spatial), packed(Safety::Temporal), reference]
    }
}

struct Settling<'p, 's, 'b> {
    program: &'p mut Program,
    source: &'s mut Source<'b>,
    tries: Vec<u32>,
    /// Whether a wrong statement was kept.
    kept: bool,
    /// The last misuse of a region that was found.
    misuse: Option<Id>,
    wanted: Wanted,
}

/// Decides all numbers of a program.
pub(crate) fn settle(program: &mut Program, source: &mut Source<'_>, wanted: Wanted) {
    let tries = vec![0; program.off.len()];
    let mut settling = Settling { program, source, tries, kept: false, misuse: None, wanted };
    settling.repair();
    if wanted == Wanted::Wrong && !settling.kept {
        settling.plant();
        settling.repair();
    }
    settling.finish();
}

impl Settling<'_, '_, '_> {
    fn run(&mut self, semantics: Semantics) -> Outcome {
        interpret(self.program, semantics, Some(self.source))
    }

    /// Repairs the program until only the intended violation is left. Each repair removes something from a statement.
    fn repair(&mut self) {
        while let Some(at) = self.wrong() {
            self.tries[at] += 1;
            assert!(self.tries[at] < 4, "the statement {at} is still wrong after it was omitted");
            if self.tries[at] == 1 && !self.kept {
                for decided in self.program.holes.iter_mut().filter(|decided| decided.owner == at && decided.fits) {
                    decided.value = Some(0);
                }
            } else {
                self.program.off[at] = true;
            }
        }
    }

    /// A statement that is wrong and must not be kept.
    fn wrong(&mut self) -> Option<Id> {
        // If regions are checked, their misuse is a violation; otherwise the behaviour is unspecified.
        for semantics in all_semantics(self.program).into_iter().rev() {
            let (at, chance) = match self.run(semantics).end {
                End::Done => continue,
                End::Unspecified(at) if self.kept && self.misuse == Some(at) => continue,
                End::Unspecified(at) => {
                    self.program.off[at] = true;
                    return Some(at);
                }
                End::Traps(at) => (at, 10),
                End::Violates(blame) if blame.intrinsic.starts_with("MemoryAllocator") => {
                    if !self.kept {
                        self.misuse = Some(blame.at);
                    }
                    (blame.at, 70)
                }
                End::Violates(blame) if blame.kind == Violation::OutOfBounds => (blame.at, 20),
                End::Violates(blame) => (blame.at, 70),
            };
            self.kept |= self.wanted == Wanted::Wrong && self.source.chance(chance);
            if !self.kept {
                return Some(at);
            }
        }
        None
    }

    /// Replaces a number that fits by a wrong one.
    fn plant(&mut self) {
        let [spatial, ..] = all_semantics(self.program)[..] else { return };
        let reached = self.run(spatial).reached;
        let holes: Vec<Hole> = (0..self.program.holes.len())
            .filter(|hole| {
                let decided = self.program.holes[*hole];
                reached[decided.owner] && (decided.fits || self.source.chance(35))
            })
            .collect();
        if holes.is_empty() {
            return;
        }
        for _ in 0..12 {
            let hole = self.source.pick(&holes);
            let before = self.program.holes[hole];
            let value = before.value.unwrap_or(0);
            let value = match self.source.below(9) {
                0..=2 => value.wrapping_add(1),
                3 => value.wrapping_add(self.source.between(2, 16)),
                4 => value.wrapping_sub(1),
                5 => value | 1 << 31,
                6 => u32::MAX - self.source.below(20),
                7 => (1u32 << 31).wrapping_sub(self.source.below(20)),
                _ => self.source.any(),
            };
            let form = match self.source.below(3) {
                0 => before.form,
                1 if before.outermost => Form::Parameter,
                _ => Form::Passed,
            };
            self.program.holes[hole] = Decided { value: Some(value), form, ..before };
            if let End::Violates(_) = self.run(spatial).end {
                self.kept = true;
                return;
            }
            self.program.holes[hole] = before;
        }
    }

    /// Omits most statements that are never reached. The rest of them may be wrong.
    fn finish(&mut self) {
        let mut reached = vec![false; self.program.off.len()];
        for semantics in all_semantics(self.program) {
            for (all, one) in reached.iter_mut().zip(self.run(semantics).reached) {
                *all |= one;
            }
        }
        let Program { functions, off, .. } = &mut *self.program;
        for body in functions {
            visit(body, &mut |statement| {
                off[statement.id] |= !reached[statement.id] && self.source.chance(60);
            });
        }
        for decided in &mut self.program.holes {
            decided.value.get_or_insert(0);
        }
    }
}
