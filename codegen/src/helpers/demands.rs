//! What one function requires of its module, until the function is added to it.

use crate::code::FunctionRef;
use crate::helpers::id::Helper;
use crate::sites::PlannedSite;
use std::collections::BTreeSet;

/// The requirements of one function. `Needs::meet` adds them to those of a module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// Whether it uses linmem's globals.
    pub(crate) regions: bool,
    /// The helpers and host functions that it calls.
    pub(crate) functions: BTreeSet<FunctionRef>,
    /// Its sites. Code refers to them by their position in this list.
    pub(crate) sites: Vec<PlannedSite>,
}

impl Demands {
    /// Records that linmem's globals are used.
    pub(crate) fn use_regions(&mut self) {
        self.regions = true;
    }

    /// Records that a helper is called.
    pub(crate) fn add(&mut self, helper: Helper) {
        self.add_function(FunctionRef::Helper(helper));
    }

    /// Records that a function is called.
    pub(crate) fn add_function(&mut self, function: FunctionRef) {
        self.functions.insert(function);
    }

    /// Adds a site and returns its position.
    pub(crate) fn add_site(&mut self, site: PlannedSite) -> u32 {
        self.sites.push(site);
        self.sites.len() as u32 - 1
    }
}
