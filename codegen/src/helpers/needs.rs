//! What lowered code turned out to need: helpers, functions of the host, globals, and sites.

use crate::code::FunctionRef;
use crate::context::{Context, Home};
use crate::globals::{Global, NewGlobal};
use crate::helpers::id::{Helper, HostImport};
use crate::helpers::routine::Body;
use crate::sites::PlannedSite;
use std::collections::{BTreeMap, BTreeSet};

/// What lowered code turned out to need.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    context: Context,
    regions: bool,
    helpers: BTreeMap<Helper, Body>,
    imports: BTreeSet<HostImport>,
    sites: Vec<PlannedSite>,
    /// The number of the first site: how many the module has already.
    first_site: u32,
}

impl Needs {
    /// Nothing yet, in a module like this.
    pub(crate) fn new(context: Context) -> Needs {
        let (helpers, imports) = (BTreeMap::new(), BTreeSet::new());
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

    /// Says that a helper is called, and with it all that it calls: the functions that its body refers to.
    pub(crate) fn add(&mut self, helper: Helper) {
        self.add_function(FunctionRef::Helper(helper));
    }

    /// Says that a function is called.
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
                FunctionRef::Helper(_) | FunctionRef::Program(_) => {}
            }
        }
    }

    fn write(&self, helper: Helper) -> Body {
        helper.body(&self.context, &|other| self.helpers.contains_key(&other))
    }

    /// Writes the refills anew after one was added.
    ///
    /// Of all helpers only the bodies of refills depend on which helpers are needed: one refill does the work, and others call
    /// it. Yet what a body calls decides which helpers are needed. The result is well defined:
    ///
    /// - A refill calls another one if the context says so, or if the other one is needed already. So a choice between bodies
    ///   never makes another refill needed.
    /// - The refill that is called calls all that the work takes. So the same helpers are needed whichever refill does the
    ///   work, and whatever the order in which helpers are added.
    /// - When the last refill has been added, each body depends on a set of refills that does not change any more.
    fn rewrite_refills(&mut self) {
        let refills: Vec<Helper> =
            self.helpers.keys().copied().filter(|helper| matches!(helper, Helper::Refill(..))).collect();
        for refill in refills {
            let body = self.write(refill);
            self.helpers.insert(refill, body);
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

    /// The helpers, in the order in which they are emitted.
    pub(crate) fn helpers(&self) -> impl Iterator<Item = Helper> + '_ {
        self.helpers.keys().copied()
    }

    /// The bodies of the helpers, in the same order.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (Helper, &Body)> + '_ {
        self.helpers.iter().map(|(helper, body)| (*helper, body))
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
            self.helpers.keys().any(|helper| matches!(helper, Helper::Refill(..) | Helper::CheckSegment));
        let counts_pages = counts_pages || matches!(self.context.home, Home::Found { .. });
        self.context.globals().filter(|new| counts_pages || new.global != Global::Owned).collect()
    }
}
