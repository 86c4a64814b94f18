//! What lowered code turned out to need: helpers, functions of the host, globals, and sites.

use crate::code::FunctionRef;
use crate::context::{Context, Home};
use crate::globals::{Global, NewGlobal};
use crate::helpers::{Helper, HostImport};
use crate::sites::PlannedSite;
use std::collections::BTreeSet;

/// What lowered code turned out to need.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    context: Context,
    regions: bool,
    helpers: BTreeSet<Helper>,
    imports: BTreeSet<HostImport>,
    sites: Vec<PlannedSite>,
    /// The number of the first site: how many the module has already.
    first_site: u32,
}

impl Needs {
    /// Nothing yet, in a module like this.
    pub(crate) fn new(context: Context) -> Needs {
        let (helpers, imports) = (BTreeSet::new(), BTreeSet::new());
        Needs { context, regions: false, helpers, imports, sites: Vec::new(), first_site: 0 }
    }

    /// Says how many sites the module has already.
    pub(crate) fn number_sites_from(&mut self, first: u32) {
        self.first_site = first;
    }

    /// Says that linmem's globals are used.
    pub(crate) fn use_regions(&mut self) {
        self.regions = true;
    }

    /// Says that a helper is called, and with it all that it calls.
    pub(crate) fn add(&mut self, helper: Helper) {
        if !self.helpers.insert(helper) {
            return;
        }
        self.regions |= helper.uses_regions();
        for callee in helper.callees(&self.context) {
            self.add_function(callee);
        }
    }

    /// Says that a function is called.
    pub(crate) fn add_function(&mut self, function: FunctionRef) {
        match function {
            FunctionRef::Helper(helper) => self.add(helper),
            FunctionRef::Host(import) => {
                self.imports.insert(import);
            }
            FunctionRef::Program(_) => {}
        }
    }

    /// Adds a site, and gives its number.
    pub(crate) fn add_site(&mut self, site: PlannedSite) -> u32 {
        self.sites.push(site);
        self.first_site + self.sites.len() as u32 - 1
    }

    /// The sites that were added, in the order of their numbers.
    pub(crate) fn sites(&self) -> &[PlannedSite] {
        &self.sites
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

    /// The globals that are needed, in the order of their indices.
    pub(crate) fn globals(&self) -> Vec<NewGlobal> {
        if !self.regions {
            return Vec::new();
        }
        let counts_pages =
            self.helpers.iter().any(|helper| matches!(helper, Helper::Refill(..) | Helper::CheckSegment));
        let counts_pages = counts_pages || matches!(self.context.home, Home::Found { .. });
        self.context.globals().filter(|new| counts_pages || new.global != Global::Owned).collect()
    }
}
