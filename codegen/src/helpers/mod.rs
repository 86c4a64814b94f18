//! The functions that lowered code calls: slow paths, host calls, violations.
//!
//! A helper is emitted if something calls it, and once. Which ones there are to be is collected in [`Needs`] while
//! functions are lowered; their bodies are written when all indices are known.

mod host;
mod region;
mod violation;

use crate::context::{Context, Home};
use crate::engine::tape::FunctionRef;
use linmem_intrinsics::{FunctionType, ValueType, Violation};
use std::collections::BTreeSet;
use wasm_encoder::Function;

/// A host call that is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HostCall {
    /// One `fd_write`.
    FdWrite,
    /// One `fd_read`.
    FdRead,
    /// As many `fd_write` as it takes.
    WriteAll,
}

impl HostCall {
    fn name(self) -> &'static str {
        match self {
            HostCall::FdWrite => "fd_write",
            HostCall::FdRead => "fd_read",
            HostCall::WriteAll => "write_all",
        }
    }
}

/// A function of the host that helpers call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HostImport {
    /// `fd_write` of WASI preview 1.
    FdWrite,
    /// `fd_read` of WASI preview 1.
    FdRead,
}

impl HostImport {
    /// The module that it is imported from.
    pub(crate) fn module(self) -> &'static str {
        "wasi_snapshot_preview1"
    }

    /// Its name there.
    pub(crate) fn name(self) -> &'static str {
        match self {
            HostImport::FdWrite => "fd_write",
            HostImport::FdRead => "fd_read",
        }
    }

    /// Its type.
    pub(crate) fn function_type(self) -> FunctionType {
        FunctionType::new([ValueType::I32; 4], [ValueType::I32])
    }
}

/// A function of linmem's, in the order in which they are emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Helper {
    /// Where a violation ends.
    Violation(Violation),
    /// Finds home before the first region is opened.
    FindHome,
    /// Allocates where the fast path could not.
    Refill,
    /// The same with an alignment of choice.
    RefillAligned,
    /// Allocates, fast path included.
    Bump,
    /// The same with an alignment of choice.
    AllocateAligned,
    /// A lifted host call.
    HostCall {
        /// Which.
        call: HostCall,
        /// Whether the segment is one packed operand or an address and a size.
        packed: bool,
        /// Whether the result is the count, or minus the errno.
        folded: bool,
    },
}

impl Helper {
    /// The one that does the work of a single host call.
    fn transfer(call: HostCall) -> Helper {
        Helper::HostCall { call, packed: false, folded: false }
    }

    /// The name, as the name section has it.
    pub(crate) fn name(self) -> String {
        match self {
            Helper::Violation(kind) => format!("linmem.{kind}"),
            Helper::FindHome => "linmem.find_home".to_string(),
            Helper::Refill => "linmem.refill".to_string(),
            Helper::RefillAligned => "linmem.refill_aligned".to_string(),
            Helper::Bump => "linmem.bump".to_string(),
            Helper::AllocateAligned => "linmem.allocate_aligned".to_string(),
            Helper::HostCall { call, packed, folded } => {
                let packed = if packed { ".packed" } else { "" };
                let folded = if folded { ".folded" } else { "" };
                format!("linmem.{}{packed}{folded}", call.name())
            }
        }
    }

    /// The type.
    pub(crate) fn function_type(self) -> FunctionType {
        use ValueType::{I32, I64};
        match self {
            Helper::Violation(_) | Helper::FindHome => FunctionType::new([], []),
            Helper::Refill => FunctionType::new([I32, I32], [I32]),
            Helper::RefillAligned => FunctionType::new([I32, I32, I32], [I32]),
            Helper::Bump => FunctionType::new([I32], [I32]),
            Helper::AllocateAligned => FunctionType::new([I32, I32], [I32]),
            Helper::HostCall { call, packed, folded } => {
                let params = if packed { vec![I32, I64] } else { vec![I32, I32, I32] };
                let single = folded || call == HostCall::WriteAll;
                FunctionType::new(params, if single { vec![I32] } else { vec![I32, I32] })
            }
        }
    }

    /// What it calls.
    fn callees(self, home: Home) -> Vec<FunctionRef> {
        let helper = FunctionRef::Helper;
        match self {
            Helper::Violation(_) => vec![],
            Helper::FindHome => vec![helper(Helper::Violation(Violation::OutOfMemory))],
            Helper::Refill | Helper::RefillAligned => {
                let mut callees = vec![helper(Helper::Violation(Violation::OutOfMemory))];
                if matches!(home, Home::Found { .. }) {
                    callees.push(helper(Helper::FindHome));
                }
                callees
            }
            Helper::Bump => vec![helper(Helper::Refill)],
            Helper::AllocateAligned => vec![helper(Helper::RefillAligned)],
            Helper::HostCall { call: HostCall::WriteAll, .. } => vec![helper(Helper::transfer(HostCall::FdWrite))],
            Helper::HostCall { call, packed: false, folded: false } => {
                let import = if call == HostCall::FdRead { HostImport::FdRead } else { HostImport::FdWrite };
                vec![FunctionRef::Host(import), helper(Helper::Refill)]
            }
            Helper::HostCall { call, .. } => vec![helper(Helper::transfer(call))],
        }
    }

    /// The body.
    pub(crate) fn body(self, bodies: &Bodies<'_>) -> Function {
        match self {
            Helper::Violation(kind) => violation::body(kind),
            Helper::FindHome => region::find_home(bodies),
            Helper::Refill if bodies.needs.contains(Helper::RefillAligned) => region::refill_by_aligned(bodies),
            Helper::Refill => region::refill(bodies, region::Alignment::Fixed),
            Helper::RefillAligned => region::refill(bodies, region::Alignment::Parameter),
            Helper::Bump => region::bump(bodies),
            Helper::AllocateAligned => region::allocate_aligned(bodies),
            Helper::HostCall { call: HostCall::WriteAll, packed, .. } => host::write_all(bodies, packed),
            Helper::HostCall { call, packed: false, folded: false } => host::transfer(bodies, call),
            Helper::HostCall { call, packed, folded } => host::adapter(bodies, call, packed, folded),
        }
    }
}

/// What the bodies of helpers are written from.
pub(crate) struct Bodies<'a> {
    /// The module.
    pub(crate) context: &'a Context,
    /// All helpers that there are.
    pub(crate) needs: &'a Needs,
    /// The index of a function.
    pub(crate) index: &'a dyn Fn(FunctionRef) -> u32,
}

impl Bodies<'_> {
    fn helper(&self, helper: Helper) -> u32 {
        (self.index)(FunctionRef::Helper(helper))
    }
}

/// What lowered code turned out to need.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    home: Home,
    regions: bool,
    helpers: BTreeSet<Helper>,
    imports: BTreeSet<HostImport>,
}

impl Needs {
    /// Nothing yet, in a module with this home.
    pub(crate) fn new(home: Home) -> Needs {
        Needs { home, regions: false, helpers: BTreeSet::new(), imports: BTreeSet::new() }
    }

    /// Says that the globals `top` and `limit` are used.
    pub(crate) fn use_regions(&mut self) {
        self.regions = true;
    }

    /// Says that a helper is called, and with it all that it calls.
    pub(crate) fn add(&mut self, helper: Helper) {
        if !self.helpers.insert(helper) {
            return;
        }
        self.regions |= !matches!(helper, Helper::Violation(_));
        for callee in helper.callees(self.home) {
            match callee {
                FunctionRef::Helper(helper) => self.add(helper),
                FunctionRef::Host(import) => {
                    self.imports.insert(import);
                }
                FunctionRef::Program(_) => {}
            }
        }
    }

    /// Whether a helper is needed.
    pub(crate) fn contains(&self, helper: Helper) -> bool {
        self.helpers.contains(&helper)
    }

    /// The helpers, in the order in which they are emitted.
    pub(crate) fn helpers(&self) -> impl Iterator<Item = Helper> + '_ {
        self.helpers.iter().copied()
    }

    /// The functions of the host, in the order in which they are imported.
    pub(crate) fn imports(&self) -> impl Iterator<Item = HostImport> + '_ {
        self.imports.iter().copied()
    }

    /// The globals that are needed, in the order of their indices: names, and what they start as.
    pub(crate) fn globals(&self) -> Vec<(&'static str, u32)> {
        let mut globals = self.home.globals();
        let counts_pages = self.contains(Helper::Refill) || self.contains(Helper::RefillAligned);
        if !self.regions {
            globals.clear();
        } else if !counts_pages && self.home.start().is_some() {
            globals.truncate(2);
        }
        globals
    }
}
