//! linmem's globals: which ones a module has, and their indices.

use crate::choices::Tracking;
use crate::context::{Context, Growth, Home};
use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_allocator::layout::{FIRST_HANDLE, HANDLE_STEP};
use wasm_encoder::{ConstExpr, ValType};

/// A global that linmem adds, in the order of indices. All are mutable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    /// The next free address.
    Top,
    /// The end of home while top is in home, else 0.
    Limit,
    /// The address of home's header, if it is not known when the module is generated.
    Home,
    /// The address of the innermost open region's header, or of home's if none is open.
    Region,
    /// The handle of the region that was opened last.
    Serial,
    /// The value of top when no region was open.
    Mark,
    /// The number of open regions.
    Open,
    /// The first of the structures of open regions, which form a list, if segments refer to their region.
    Scope,
    /// The address of the innermost loan to the host, or 0 if there is none.
    Loan,
    /// The size of the lower part of a split memory in pages; 0 while the memory is not split. There is no such global if
    /// the memory is split from the start.
    Split,
    /// The number of pages of the lower part that the program owns.
    Pages,
    /// The errno of the last lifted call.
    Errno,
    /// The number of pages that linmem owns. It is the last global because it may be unnecessary.
    Owned,
}

impl Global {
    const ALL: [Global; 13] = [
        Global::Top,
        Global::Limit,
        Global::Home,
        Global::Region,
        Global::Serial,
        Global::Mark,
        Global::Open,
        Global::Scope,
        Global::Loan,
        Global::Split,
        Global::Pages,
        Global::Errno,
        Global::Owned,
    ];

    /// Its name in the name section.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Global::Top => "linmem.top",
            Global::Limit => "linmem.limit",
            Global::Home => "linmem.home",
            Global::Region => "linmem.region",
            Global::Serial => "linmem.serial",
            Global::Mark => "linmem.mark",
            Global::Open => "linmem.open",
            Global::Scope => "linmem.scope",
            Global::Loan => "linmem.loan",
            Global::Split => "linmem.split",
            Global::Pages => "linmem.pages",
            Global::Errno => "linmem.errno",
            Global::Owned => "linmem.owned",
        }
    }
}

/// A global to be defined.
#[derive(Clone, Debug)]
pub(crate) struct NewGlobal {
    /// The global.
    pub(crate) global: Global,
    /// Its type.
    pub(crate) ty: ValType,
    /// Its initial value.
    pub(crate) value: ConstExpr,
}

impl Context {
    /// The globals that regions require in this module, in the order of their indices, with their initial values.
    pub(crate) fn globals(&self) -> impl Iterator<Item = NewGlobal> + '_ {
        Global::ALL.into_iter().filter(|global| self.has(*global)).map(|global| self.new_global(global))
    }

    fn new_global(&self, global: Global) -> NewGlobal {
        match (global, self.segments.types()) {
            (Global::Scope, Some(types)) => NewGlobal {
                global,
                ty: types.region_reference(true),
                value: ConstExpr::ref_null(types.region_heap_type()),
            },
            // The number of regions and the errno are 32 bits wide; all others are pointers, numbers of pages, or
            // handles.
            (Global::Open | Global::Errno, _) => NewGlobal { global, ty: ValType::I32, value: ConstExpr::i32_const(0) },
            _ => {
                let start = self.start(global);
                let value = match self.width() {
                    Width::Bits32 => ConstExpr::i32_const(start as i32),
                    Width::Bits64 => ConstExpr::i64_const(start as i64),
                };
                NewGlobal { global, ty: self.width().val_type(), value }
            }
        }
    }

    fn has(&self, global: Global) -> bool {
        let tracking = self.choices.tracking();
        match global {
            Global::Top | Global::Limit | Global::Owned => true,
            Global::Home => self.home.start().is_none(),
            Global::Region | Global::Serial => self.choices.checks_regions(),
            Global::Mark => matches!(tracking, Tracking::Count | Tracking::List),
            Global::Open => tracking == Tracking::Count,
            Global::Scope => self.has_scopes(),
            Global::Loan => self.choices.lists_loans(),
            Global::Errno => self.keeps_errno,
            Global::Split => matches!(self.growth, Growth::Split(_)) && self.fixed_pages().is_none(),
            Global::Pages => matches!(self.growth, Growth::Split(_)),
        }
    }

    /// The initial value of a global that holds a pointer, a number of pages or a handle.
    fn start(&self, global: Global) -> u64 {
        match (global, self.home) {
            (Global::Top, Home::Reserved { top, .. }) => top,
            (Global::Limit, Home::Reserved { end, .. }) => end - u64::from(self.reserve()),
            (Global::Region, home) => home.start().unwrap_or_default(),
            (Global::Serial, _) => u64::from(FIRST_HANDLE).wrapping_sub(u64::from(HANDLE_STEP)),
            // If home's header must still be cleared, linmem owns nothing until that is done.
            (Global::Owned, Home::Reserved { zeroed: true, .. }) => self.home.pages(),
            (Global::Pages, _) => u64::from(self.fixed_pages().unwrap_or_default()),
            _ => 0,
        }
    }

    /// The index of a global that the module has.
    pub(crate) fn global(&self, global: Global) -> u32 {
        let before = Global::ALL.into_iter().take_while(|other| *other != global).filter(|other| self.has(*other));
        debug_assert!(self.has(global), "{} is not needed here", global.name());
        self.first_global.0 + before.count() as u32
    }

    /// The index of the global that holds a region's handle immediately after the region was opened.
    pub(crate) fn handle(&self) -> u32 {
        if self.choices.checks_regions() { self.global(Global::Serial) } else { self.top() }
    }

    /// The index of the global that holds the next free address.
    pub(crate) fn top(&self) -> u32 {
        self.global(Global::Top)
    }

    /// The index of the global that holds the end of home while top is in home, else 0.
    pub(crate) fn limit(&self) -> u32 {
        self.global(Global::Limit)
    }
}
