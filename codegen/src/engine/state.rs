//! The state of a function that is being lowered.

use crate::config::Optimize;
use crate::context::Context;
use crate::engine::compare::Comparisons;
use crate::engine::knowledge::Knowledge;
use crate::engine::late::Late;
use crate::engine::locals::Locals;
use crate::engine::operands::{Operand, Operands};
use crate::engine::scopes::Scopes;
use crate::engine::split::Splits;
use crate::engine::structure::Control;
use crate::engine::tape::Tape;
use crate::helpers::Needs;
use crate::index::LocalIndex;
use crate::segment::Part;
use crate::source_line::SourceLine;
use linmem_intrinsics::{Intrinsic, Violation};

/// What a function is lowered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its code: what is wrong for certain ends in the violation.
    Code,
    /// The violations that are certain. The code is of no use if there is one.
    Findings,
}

/// A use that is wrong for certain. The code ends in the violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certain {
    /// What is wrong.
    pub(crate) kind: Violation,
    /// The numbers that are.
    pub(crate) message: String,
}

/// Where an intrinsic comes from, as reports have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The function, by the number that the program, or the builder, has it under.
    pub(crate) function: u32,
    /// The offset in the input, in bytes; 0 if there is none.
    pub(crate) offset: u32,
    /// The line of the source.
    pub(crate) source: Option<SourceLine>,
}

/// Lowers one function.
pub(crate) struct Engine<'a> {
    pub(super) context: &'a Context,
    pub(super) needs: &'a mut Needs,
    pub(super) tape: Tape,
    pub(super) operands: Operands,
    /// The operands of one intrinsic, while it is being lowered.
    pub(super) taken: Vec<Operand>,
    pub(super) locals: Locals,
    pub(super) control: Vec<Control>,
    /// What is known here.
    pub(super) knowledge: Knowledge,
    pub(super) regions: u32,
    pub(super) comparisons: Comparisons,
    /// How many loops have their checks before them.
    pub(super) hoisted: u32,
    /// What the check that is being written reads of locals, and how often.
    pub(super) reads: Vec<(LocalIndex, Part, u64)>,
    pub(super) splits: Splits,
    pub(super) scopes: Scopes,
    /// Where the code that comes is from.
    pub(super) origin: Origin,
    /// The intrinsic that is being lowered, and its number among the sites, if it has one.
    pub(super) current: Option<(Intrinsic, Option<u32>)>,
    pub(super) labels: u32,
    pub(super) purpose: Purpose,
    /// Whether the code is to be fast or small.
    pub(super) optimize: Optimize,
    /// Inside of unreachable code: how many control structures were opened there.
    pub(super) dead: Option<u32>,
}

impl<'a> Engine<'a> {
    /// Begins a function with these locals and so many results.
    pub(crate) fn new(context: &'a Context, needs: &'a mut Needs, locals: Locals, results: u32) -> Engine<'a> {
        let mut tape = Tape::default();
        tape.late(Late::Parameters);
        Engine {
            context,
            needs,
            tape,
            operands: Operands::default(),
            taken: Vec::new(),
            locals,
            control: vec![Control::of_function(results)],
            knowledge: Knowledge::new(),
            regions: 0,
            comparisons: Comparisons::default(),
            hoisted: 0,
            reads: Vec::new(),
            splits: Splits::default(),
            scopes: Scopes::default(),
            origin: Origin::default(),
            current: None,
            labels: 0,
            purpose: Purpose::Code,
            optimize: context.choices.optimize,
            dead: None,
        }
    }

    /// Lowers for size, whatever is asked: for functions that would otherwise become too large.
    pub(crate) fn optimize_for_size(&mut self) {
        self.optimize = Optimize::Size;
    }

    /// Lowers to find violations: code behind one that is certain is looked at as well.
    pub(crate) fn look_for_findings(&mut self) {
        self.purpose = Purpose::Findings;
    }
}
