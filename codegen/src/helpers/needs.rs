//! The dependencies of lowered code: helpers, host functions, globals and sites.

use crate::code::FunctionRef;
use crate::context::{Context, Home};
use crate::globals::{Global, NewGlobal};
use crate::helpers::demands::Demands;
use crate::helpers::id::{Helper, HostImport};
use crate::helpers::routine::Body;
use crate::sites::PlannedSite;
use std::collections::{BTreeMap, BTreeSet};

/// The dependencies of lowered code.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    context: Context,
    regions: bool,
    helpers: BTreeMap<Helper, Body>,
    imports: BTreeSet<HostImport>,
    sites: Vec<PlannedSite>,
    /// The index of the first site: the number of sites that the module already has.
    first_site: u32,
}

impl Needs {
    /// No dependencies yet, in a module described by `context`.
    pub(crate) fn new(context: Context) -> Needs {
        let (helpers, imports) = (BTreeMap::new(), BTreeSet::new());
        Needs { context, regions: false, helpers, imports, sites: Vec::new(), first_site: 0 }
    }

    /// Sets the number of sites that the module already has.
    pub(crate) fn number_sites_from(&mut self, first: u32) {
        self.first_site = first;
    }

    /// Replaces home by one with the same header.
    pub(crate) fn move_home(&mut self, home: Home) {
        self.context.home = home;
    }

    /// Adds the requirements of a function, and returns the number of its first site.
    pub(crate) fn meet(&mut self, demands: Demands) -> u32 {
        let Demands { regions, functions, sites } = demands;
        self.regions |= regions;
        functions.into_iter().for_each(|function| self.add_function(function));
        let first = self.first_site + self.sites.len() as u32;
        self.sites.extend(sites);
        first
    }

    /// Records that linmem's globals are used.
    #[cfg(test)]
    pub(crate) fn use_regions(&mut self) {
        self.regions = true;
    }

    /// Records that a helper is called. Adds all functions that its body refers to.
    pub(crate) fn add(&mut self, helper: Helper) {
        self.add_function(FunctionRef::Helper(helper));
    }

    /// Records that a function is called.
    pub(crate) fn add_function(&mut self, function: FunctionRef) {
        let mut pending = vec![function];
        while let Some(function) = pending.pop() {
            match function {
                FunctionRef::Helper(helper) if !self.helpers.contains_key(&helper) => {
                    self.regions |= helper.uses_regions();
                    let body = self.write(helper);
                    pending.extend(body.callees());
                    self.helpers.insert(helper, body);
                    if let Helper::Refill(..) = helper {
                        self.rewrite_refills();
                    }
                }
                FunctionRef::Host(import) => {
                    self.imports.insert(import);
                }
                FunctionRef::Helper(_) | FunctionRef::Program(_) | FunctionRef::Intrinsic(_) => {}
            }
        }
    }

    fn write(&self, helper: Helper) -> Body {
        helper.body(&self.context, &|other| self.helpers.contains_key(&other))
    }

    /// Rewrites the bodies of all refills after one was added.
    ///
    /// Only the bodies of refills depend on which helpers are needed: one refill does the work, and the others call it.
    /// Conversely, the calls of a body determine which helpers are needed. The result is well defined:
    ///
    /// - A refill calls another one if the context requires it, or if the other one is already needed. So the choice of
    ///   a body never makes another refill necessary.
    /// - The refill that does the work calls all helpers that the work requires. So the same helpers are needed
    ///   whichever refill that is, and in whatever order helpers are added.
    /// - After the last refill has been added, each body depends on a fixed set of refills.
    fn rewrite_refills(&mut self) {
        let refills: Vec<Helper> =
            self.helpers.keys().copied().filter(|helper| matches!(helper, Helper::Refill(..))).collect();
        for refill in refills {
            let body = self.write(refill);
            self.helpers.insert(refill, body);
        }
    }

    /// The sites that were added, in the order of their indices.
    pub(crate) fn sites(&self) -> &[PlannedSite] {
        &self.sites
    }

    /// The helpers, in the order of emission.
    pub(crate) fn helpers(&self) -> impl Iterator<Item = Helper> + '_ {
        self.helpers.keys().copied()
    }

    /// The bodies of the helpers, in the same order.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (Helper, &Body)> + '_ {
        self.helpers.iter().map(|(helper, body)| (*helper, body))
    }

    /// The host functions, in the order in which they are imported.
    pub(crate) fn imports(&self) -> impl Iterator<Item = HostImport> + '_ {
        self.imports.iter().copied()
    }

    /// The globals that are needed, in the order of their indices.
    pub(crate) fn globals(&self) -> Vec<NewGlobal> {
        if !self.regions {
            return Vec::new();
        }
        let counts_pages =
            self.helpers.keys().any(|helper| matches!(helper, Helper::Refill(..) | Helper::CheckSegment));
        let counts_pages = counts_pages || matches!(self.context.home, Home::Found { .. });
        self.context.globals().filter(|new| counts_pages || new.global != Global::Owned).collect()
    }
}
