//! A function as the analysis has it: steps that concern handles, and branches between them.
//!
//! Operands are named by their absolute position on the operand stack. What lies at or above the height that a step
//! leaves behind is gone. Instructions that neither take nor give a handle have no step, nor has code that cannot be
//! reached.

use super::regions::{MOST_REGIONS, Region};
use linmem_intrinsics::Intrinsic;

/// A place that control comes to from elsewhere.
pub(super) type Leader = u32;

/// What a function does.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The steps, leader after leader; the last one of each is [`Step::Stop`].
    pub(super) steps: Vec<Step>,
    /// Where each leader begins. The first one is the function's start.
    starts: Vec<Option<usize>>,
    /// What is tracked.
    pub(super) regions: Vec<Origin>,
}

/// Where a region comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A call of `MemoryAllocator.new`, at an offset in the binary.
    New(usize),
    /// The caller: a parameter.
    Parameter(u32),
}

/// One step. Those that pop leave the height that is their operand's position, and push nothing that is tracked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Pushes a local.
    Get { local: u32, at: u32 },
    /// Pops into a local.
    Set { local: u32, at: u32 },
    /// Copies the top of the stack into a local.
    Tee { local: u32, at: u32 },
    /// A local gets what is not a handle.
    Forget { local: u32 },
    /// Opens a region and pushes its handle.
    New { region: Region, at: u32 },
    /// Pops a handle and closes its region.
    Free { at: u32, offset: usize },
    /// Pops a handle, and allocates.
    Allocate { at: u32, intrinsic: Intrinsic, offset: usize },
    /// Pops operands from a position upwards, and does nothing with them.
    Drop { at: u32 },
    /// Pops operands from a position upwards, and hands them to somebody.
    Consume { at: u32 },
    /// Perhaps goes elsewhere.
    Branch(Branch),
    /// Perhaps leaves the function. The operands of the results are at `at` and above, `count` of them.
    Leave { at: u32, count: u32, way: Way, offset: usize },
    /// Control does not come past this.
    Stop,
}

/// Control that goes to a leader. The stack below `height` stays; on it come `count` operands from `from` upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) to: Leader,
    pub(super) height: u32,
    pub(super) from: u32,
    pub(super) count: u32,
}

impl Branch {
    /// Goes on elsewhere with a stack of this height.
    pub(super) fn plain(to: Leader, height: u32) -> Branch {
        Branch { to, height, from: height, count: 0 }
    }
}

/// Whether a step is a way out of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It is.
    Certain,
    /// It is unless a handler catches what is thrown.
    Possible,
    /// It is not: a handler catches what is thrown.
    None,
}

impl Graph {
    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// A leader that will begin somewhere.
    pub(super) fn leader(&mut self) -> Leader {
        self.starts.push(None);
        (self.starts.len() - 1) as Leader
    }

    pub(super) fn leader_count(&self) -> usize {
        self.starts.len()
    }

    /// A leader begins here.
    pub(super) fn place(&mut self, leader: Leader) {
        if let Some(start) = self.starts.get_mut(leader as usize) {
            *start = Some(self.steps.len());
        }
    }

    /// The steps from a leader on; they go on after its last one.
    pub(super) fn steps_from(&self, leader: Leader) -> &[Step] {
        self.steps.get(self.start(leader)..).unwrap_or_default()
    }

    /// Where a leader begins; behind everything if it was not placed.
    pub(super) fn start(&self, leader: Leader) -> usize {
        self.starts.get(leader as usize).copied().flatten().unwrap_or(self.steps.len())
    }

    /// One more region, if there is room.
    pub(super) fn track(&mut self, origin: Origin) -> Option<Region> {
        if self.regions.len() == MOST_REGIONS {
            return None;
        }
        self.regions.push(origin);
        Some((self.regions.len() - 1) as Region)
    }

    /// Where a region was opened, if the function did that.
    pub(super) fn opened(&self, region: Region) -> Option<usize> {
        match self.regions.get(usize::from(region)) {
            Some(Origin::New(offset)) => Some(*offset),
            _ => None,
        }
    }
}
