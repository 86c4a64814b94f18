//! The state of a function that is being lowered.

use crate::config::Optimize;
use crate::context::Context;
use crate::engine::compare::Comparisons;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::frames::RegionId;
use crate::engine::knowledge::rounds::Rounds;
use crate::engine::late::Late;
use crate::engine::locals::Locals;
use crate::engine::numbers::AllNumbers;
use crate::engine::operands::{Operand, Operands};
use crate::engine::record::Record;
use crate::engine::scopes::Scopes;
use crate::engine::split::Splits;
use crate::engine::stores::Run;
use crate::engine::structure::Control;
use crate::engine::tail::Tail;
use crate::engine::tape::{Position, Tape};
use crate::engine::wrappers::Wrappers;
use crate::helpers::Demands;
use crate::index::LocalIndex;
use crate::segment::{Held, Part};
use crate::source_line::SourceLine;
use linmem_intrinsics::Violation;
use std::collections::BTreeSet;

/// The purpose of lowering a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To generate its code. A violation that is certain becomes code that reports it.
    Code,
    /// To find the violations that are certain. The code is not used if there is one.
    Findings,
}

/// An operation that is a violation whenever it is reached. Its code ends in the violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certain {
    /// The kind of violation.
    pub(crate) kind: Violation,
    /// A message with the wrong numbers.
    pub(crate) message: String,
}

/// The origin of an intrinsic, for reports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The index of the function in the input, or in the builder.
    pub(crate) function: u32,
    /// The byte offset in the input; 0 if there is none.
    pub(crate) offset: u32,
    /// The line of the source.
    pub(crate) source: Option<SourceLine>,
}

/// Lowers one function.
pub(crate) struct Engine {
    pub(super) context: Context,
    pub(super) demands: Demands,
    pub(super) tape: Tape,
    pub(super) operands: Operands,
    /// A buffer for the operands of the intrinsic that is being lowered.
    pub(super) taken: Vec<Operand>,
    pub(super) locals: Locals,
    pub(super) control: Vec<Control>,
    /// The knowledge at the current position.
    pub(super) knowledge: Knowledge,
    pub(super) regions: u32,
    pub(super) comparisons: Comparisons,
    /// The arrays of constants, by their numbers.
    pub(super) arrays: Vec<Vec<i64>>,
    /// The number of loops whose checks were hoisted.
    pub(super) hoisted: u32,
    /// The number of loops that reserve before they begin.
    pub(super) reserved: u32,
    /// The loop that the last event ended, if it may reserve before it begins.
    pub(super) ended_rounds: Option<Box<Rounds>>,
    /// The parts of locals that the current check reads, and how often.
    pub(super) reads: Vec<(LocalIndex, Part, u64)>,
    pub(super) splits: Splits,
    pub(super) scopes: Scopes,
    pub(super) numbers: AllNumbers,
    pub(super) wrappers: Wrappers,
    /// The regions that are parts of static frames.
    pub(super) static_regions: BTreeSet<RegionId>,
    /// The first item of static data that is a static frame.
    pub(super) first_frame: Option<u32>,
    /// The runs of stores of constants, in the order of the code.
    pub(super) stores: Vec<Run>,
    /// The origin of the code that follows.
    pub(super) origin: Origin,
    /// The name of the intrinsic or instruction that is being lowered, and the index of its site, if it has one.
    pub(super) current: Option<(&'static str, Option<u32>)>,
    /// The handle of the current allocation, if accesses are traced.
    pub(super) traced_handle: Option<Held>,
    /// The position after the code of the last allocation, whose segment is on the stack.
    pub(super) allocated: Option<Position>,
    /// The last assignment of a local of the program, or the close of a region that followed it immediately.
    pub(super) tail: Option<Tail>,
    pub(super) labels: u32,
    /// The lines of the source that the code is of, in the order in which they were set.
    pub(super) lines: Vec<SourceLine>,
    pub(super) purpose: Purpose,
    /// Whether to optimize for speed or size.
    pub(super) optimize: Optimize,
    /// Whether the code closes regions for an exception. Only planted bugs depend on it.
    pub(super) unwinds: bool,
    /// The code before lowering, if it is recorded. Lowering an intrinsic records nothing.
    pub(super) record: Option<Box<Record>>,
    /// In unreachable code: the number of control structures opened there.
    pub(super) dead: Option<u32>,
}

impl Engine {
    /// Begins a function with the given locals and number of results.
    pub(crate) fn new(context: Context, locals: Locals, results: u32) -> Engine {
        let mut tape = Tape::default();
        tape.late(Late::Parameters);
        Engine {
            context,
            demands: Demands::default(),
            tape,
            operands: Operands::default(),
            taken: Vec::new(),
            locals,
            control: vec![Control::of_function(results)],
            knowledge: Knowledge::new(),
            regions: 0,
            comparisons: Comparisons::default(),
            arrays: Vec::new(),
            hoisted: 0,
            reserved: 0,
            ended_rounds: None,
            reads: Vec::new(),
            splits: Splits::default(),
            scopes: Scopes::default(),
            numbers: AllNumbers::default(),
            wrappers: Wrappers::default(),
            static_regions: BTreeSet::new(),
            first_frame: None,
            stores: Vec::new(),
            origin: Origin::default(),
            current: None,
            traced_handle: None,
            allocated: None,
            tail: None,
            labels: 0,
            lines: Vec::new(),
            purpose: Purpose::Code,
            optimize: context.choices.optimize,
            unwinds: false,
            record: None,
            dead: None,
        }
    }

    /// Lowers for size, whatever the options are: for functions that would otherwise become too large.
    pub(crate) fn optimize_for_size(&mut self) {
        self.optimize = Optimize::Size;
    }

    /// Lowers in order to find violations: code after a certain violation is examined too.
    pub(crate) fn look_for_findings(&mut self) {
        self.purpose = Purpose::Findings;
    }
}
