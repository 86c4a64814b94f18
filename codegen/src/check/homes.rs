//! The locals that hold the handles of regions for exceptions, and where their contents matter.

use super::backward::Live;
use super::graph::{Branch, Exit, Graph, Leader, Step, Way};
use super::regions::Region;
use std::collections::BTreeMap;

/// The closing of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    /// The home of its handle.
    pub(crate) home: usize,
    /// Whether it may be closed already.
    pub(crate) may_be_closed: bool,
    /// Whether the home must be set to zero.
    pub(crate) resets: bool,
    /// The offset of the call that opens the region.
    pub(crate) opened: usize,
}

/// The reason why a choice of homes does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The homes do not allow the order in which regions must be closed.
    Order,
    /// The program reads this local after it closed the region, so it cannot be set to zero.
    Read(u32),
    /// A limit is exceeded.
    Limit,
}

/// The homes of regions.
#[derive(Debug, Default)]
pub(super) struct Homes {
    /// By home, the local of the program; `None` for a local that lowering adds.
    pub(super) locals: Vec<Option<u32>>,
    /// By region, its home.
    pub(super) of: BTreeMap<Region, usize>,
}

impl Homes {
    /// Adds a region whose handle is in a local of the program, if there is one.
    pub(super) fn add(&mut self, region: Region, local: Option<u32>) {
        let known = local.and_then(|local| self.locals.iter().position(|known| *known == Some(local)));
        let home = known.unwrap_or_else(|| {
            self.locals.push(local);
            self.locals.len() - 1
        });
        self.of.insert(region, home);
    }

    fn bit_of(&self, region: Region) -> u64 {
        self.of.get(&region).map_or(0, |home| bit(*home))
    }
}

/// The bit of a home. There are at most as many homes as regions.
pub(super) fn bit(home: usize) -> u64 {
    1_u64.checked_shl(home as u32).unwrap_or(0)
}

fn bits(closes: &[Close]) -> u64 {
    closes.iter().fold(0, |bits, close| bits | bit(close.home))
}

/// The homes that exceptions read before the program opens a region again that they hold.
pub(super) struct Flags {
    leaving: u64,
    handlers: BTreeMap<u32, u64>,
    /// By leader.
    pub(super) live: Live,
}

impl Flags {
    /// `None` if a limit is exceeded.
    pub(super) fn new(
        graph: &Graph,
        homes: &Homes,
        leaving: &[Close],
        handlers: &[(u32, Vec<Close>)],
    ) -> Option<Flags> {
        let leaving = bits(leaving);
        let handlers: BTreeMap<u32, u64> = handlers.iter().map(|(number, closes)| (*number, bits(closes))).collect();
        let live = Live::compute(graph, |step, live| before(homes, leaving, &handlers, step, live))?;
        Some(Flags { leaving, handlers, live })
    }

    /// The calls of `MemoryAllocator.free` after which a home must be zero, by offset. `regions` are the regions that they
    /// close.
    pub(super) fn frees(
        &self,
        graph: &Graph,
        homes: &Homes,
        regions: &BTreeMap<usize, Region>,
    ) -> BTreeMap<usize, usize> {
        let mut frees = BTreeMap::new();
        for leader in 0..graph.leader_count() as Leader {
            let step = |step: &Step, live| before(homes, self.leaving, &self.handlers, step, live);
            self.live.walk(graph, leader, step, |step, live| {
                if let Step::Free { offset, .. } = step
                    && let Some(home) = regions.get(offset).and_then(|region| homes.of.get(region))
                    && live & bit(*home) != 0
                {
                    frees.insert(*offset, *home);
                }
            });
        }
        frees
    }
}

/// The homes that matter before a step, given those after it.
fn before(homes: &Homes, leaving: u64, handlers: &BTreeMap<u32, u64>, step: &Step, live: u64) -> u64 {
    match *step {
        Step::Call { way, .. } | Step::Leave { exit: Exit::Exception, way, .. } if way != Way::None => live | leaving,
        Step::Branch(Branch { catch: Some(catch), .. }) => live | handlers.get(&catch).copied().unwrap_or_default(),
        Step::New { region, .. } => live & !homes.bit_of(region),
        _ => live,
    }
}
