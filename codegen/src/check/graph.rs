//! The analysis' representation of a function: steps that concern handles, and branches between them.
//!
//! Operands are identified by their absolute position on the operand stack. Operands at or above the height that a step
//! leaves are popped. Instructions that neither consume nor produce a handle have no step; unreachable code has none
//! either.

use super::regions::{MAX_REGIONS, Region, Regions};
use super::segments::{Segments, Source};
use linmem_intrinsics::Intrinsic;
use std::collections::BTreeMap;

/// A place that control is transferred to.
pub(super) type Leader = u32;

/// The steps of a function.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The steps of all leaders, one leader after another. The last step of each is [`Step::Stop`].
    pub(super) steps: Vec<Step>,
    /// The position of each leader in the steps. The first leader is the start of the function.
    starts: Vec<Option<usize>>,
    /// The tracked regions.
    pub(super) regions: Vec<Origin>,
    /// The number of parameters of the function.
    pub(super) params: u32,
    /// Whether the function opens more regions than are tracked.
    pub(super) has_untracked: bool,
    /// The handlers of exceptions, by number.
    pub(super) catches: Vec<Catch>,
    /// By scope of exceptions, the scope that its text is in.
    pub(super) scopes: Vec<Option<u32>>,
    /// By region, the scope in which its `new` is.
    opened_in: Vec<Option<u32>>,
    /// By loop, the loop around it.
    loops: Vec<Option<LoopId>>,
    /// The calls that open regions or allocate, by offset.
    pub(super) sites: BTreeMap<usize, Site>,
    /// Where segments go, if that is followed.
    pub(super) segments: Segments,
}

/// The number of a loop of the function.
pub(super) type LoopId = u32;

/// A call that opens a region or allocates.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    /// The innermost loop around it.
    pub(super) inside: Option<LoopId>,
    /// The constants that were pushed immediately before the call, the top of the stack last. `None` is one of another type.
    pub(super) constants: Vec<Option<u32>>,
}

/// A handler of exceptions: a clause of a `try_table`, or a handler of a legacy `try`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Catch {
    /// The offset of the `try_table`, or of the `catch` or `catch_all`.
    pub(super) offset: usize,
    /// The number of the clause in its `try_table`; else 0.
    pub(super) clause: u32,
    /// The scope whose exceptions it catches.
    pub(super) scope: u32,
    /// The place that it transfers control to.
    pub(super) to: Leader,
}

/// The origin of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A call of `MemoryAllocator.new`, at an offset in the binary.
    New(usize),
    /// The caller, which passed it in a parameter.
    Parameter(u32),
}

/// One step. After a step that pops, the height is the position of its operand; such a step pushes nothing that is
/// tracked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Pushes a local.
    Get { local: u32, at: u32 },
    /// Pops into a local.
    Set { local: u32, at: u32 },
    /// Copies the top of the stack into a local.
    Tee { local: u32, at: u32 },
    /// Assigns a value that is not a handle to a local.
    Forget { local: u32 },
    /// Opens a region and pushes its handle.
    New { region: Region, at: u32 },
    /// Pops a handle and closes its region.
    Free { at: u32, offset: usize },
    /// Pops a handle, and allocates.
    Allocate { at: u32, intrinsic: Intrinsic, offset: usize },
    /// Pops operands from a position upwards without using them.
    Drop { at: u32 },
    /// Pops operands from a position upwards and passes them to other code.
    Consume { at: u32 },
    /// May transfer control.
    Branch(Branch),
    /// May leave the function. The results are `count` operands from `at` upwards.
    Leave { at: u32, count: u32, way: Way, exit: Exit, offset: usize },
    /// Calls a function, which may throw an exception that leaves this function as `way` says.
    Call { callee: Callee, way: Way, offset: usize },
    /// Closes or allocates from a region whose handle is not tracked.
    UseUnknown,
    /// Uses a segment.
    Touch { source: Source },
    /// Reads a local that may hold a segment.
    Look { local: u32 },
    /// Assigns a local that may hold a segment.
    Put { local: u32 },
    /// Begins a scope of exceptions.
    Enter { scope: u32 },
    /// Control does not continue after this step.
    Stop,
}

/// A transfer of control to a leader. The stack below `height` is kept, and `count` operands from `from` upwards are
/// moved on top of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) to: Leader,
    pub(super) height: u32,
    pub(super) from: u32,
    pub(super) count: u32,
    /// The handler of exceptions that it leads to, if it is an exception.
    pub(super) catch: Option<u32>,
    /// The regions that are closed on the way, if they are open.
    pub(super) closes: Regions,
}

impl Branch {
    /// Transfers control with a stack of this height, and carries no operands.
    pub(super) fn plain(to: Leader, height: u32) -> Branch {
        Branch::carrying(to, height, height, 0)
    }

    /// Transfers control, and carries operands.
    pub(super) fn carrying(to: Leader, height: u32, from: u32, count: u32) -> Branch {
        Branch { to, height, from, count, catch: None, closes: Regions::NONE }
    }
}

/// A function that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Callee {
    /// A function of the module, or a function of WASI.
    Known(u32),
    /// Any function.
    Unknown,
}

/// How a function is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// By a return, a tail call or a branch.
    Normal,
    /// By an exception that the function itself throws.
    Exception,
}

/// Whether a step exits the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It exits.
    Certain,
    /// It exits unless a handler catches the exception.
    Possible,
    /// It does not exit: a handler catches the exception.
    None,
}

impl Graph {
    /// The graph of a function with this number of parameters.
    pub(super) fn new(params: u32) -> Graph {
        Graph { params, ..Graph::default() }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Creates a leader that is placed later.
    pub(super) fn leader(&mut self) -> Leader {
        self.starts.push(None);
        (self.starts.len() - 1) as Leader
    }

    pub(super) fn leader_count(&self) -> usize {
        self.starts.len()
    }

    /// Places a leader here.
    pub(super) fn place(&mut self, leader: Leader) {
        if let Some(start) = self.starts.get_mut(leader as usize) {
            *start = Some(self.steps.len());
        }
    }

    /// The steps from the start of a leader to the end of the function.
    pub(super) fn steps_from(&self, leader: Leader) -> &[Step] {
        self.steps.get(self.start(leader)..).unwrap_or_default()
    }

    /// The position of a leader; the end of the steps if it was not placed.
    pub(super) fn start(&self, leader: Leader) -> usize {
        self.starts.get(leader as usize).copied().flatten().unwrap_or(self.steps.len())
    }

    /// Adds a loop.
    pub(super) fn add_loop(&mut self, around: Option<LoopId>) -> LoopId {
        self.loops.push(around);
        (self.loops.len() - 1) as LoopId
    }

    /// Whether a loop is, or contains, another one; `None` stands for the whole function.
    pub(super) fn contains(&self, outer: Option<LoopId>, mut inner: Option<LoopId>) -> bool {
        // A loop has a higher number than the loops around it.
        while let Some(current) = inner.filter(|inner| outer.is_none_or(|outer| *inner > outer)) {
            inner = self.loops.get(current as usize).copied().flatten();
        }
        inner == outer
    }

    /// Adds a region, unless the limit is reached.
    pub(super) fn track(&mut self, origin: Origin) -> Option<Region> {
        if self.regions.len() == MAX_REGIONS {
            self.has_untracked = true;
            return None;
        }
        self.regions.push(origin);
        Some((self.regions.len() - 1) as Region)
    }

    /// Records that the last region is opened in a scope of exceptions.
    pub(super) fn opens_in(&mut self, scope: Option<u32>) {
        self.opened_in.resize(self.regions.len(), None);
        if let Some(last) = self.opened_in.last_mut() {
            *last = scope;
        }
    }

    /// Whether a region is opened in the body of a scope of exceptions.
    pub(super) fn is_opened_in(&self, region: Region, scope: u32) -> bool {
        let mut around = self.opened_in.get(usize::from(region)).copied().flatten();
        while let Some(inner) = around.filter(|inner| *inner != scope) {
            around = self.scopes.get(inner as usize).copied().flatten();
        }
        around.is_some()
    }

    /// The regions that this function opens.
    pub(super) fn own(&self) -> Regions {
        let own = (0..).zip(&self.regions).filter(|(_, origin)| matches!(origin, Origin::New(_)));
        own.fold(Regions::NONE, |own, (region, _)| own | Regions::of(region))
    }

    /// The offset at which the function opened a region; `None` if it did not.
    pub(super) fn opened(&self, region: Region) -> Option<usize> {
        match self.regions.get(usize::from(region)) {
            Some(Origin::New(offset)) => Some(*offset),
            _ => None,
        }
    }
}
