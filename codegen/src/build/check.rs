//! The findings of `check` about the functions of a builder.
//!
//! The analysis of the link door reads the [module of the records](crate::build::records).

use crate::build::module::{Body, ModuleBuilder, Source};
use crate::build::records::{Written, intrinsics};
use crate::error::{Error, Finding, Place};
use crate::link::{Built, check_built};
use linmem_intrinsics::{Safety, Signature};

impl ModuleBuilder {
    /// Makes [`check`](ModuleBuilder::check) possible. Function bodies that are begun from now on record what they
    /// contain, which makes building them slower. The finished module does not change.
    pub fn enable_check(&mut self) {
        self.records = true;
    }

    /// The findings of [`linmem::check`](crate::check) about the functions that are defined so far, with the operations
    /// and lines that they are at: regions that are left open, closed twice or used after they were closed, accesses
    /// outside of segments, and what else is or may be a violation, even if the configuration does not check that at
    /// run time. Regions that [scopes](crate::build::FunctionBuilder::begin_region) close are closed.
    ///
    /// # Errors
    ///
    /// If a body was begun before [`enable_check`](ModuleBuilder::enable_check), or if the module does not validate, as
    /// far as it is defined. An item that refers to a function or type that does not exist is an error, too.
    pub fn check(&self) -> Result<Vec<Finding>, Error> {
        self.check_ids()?;
        if let Some((name, _)) = self.bodies().find(|(_, body)| !body.is_checked) {
            let message = format!("{name} cannot be checked: its body was begun before `enable_check`");
            return Err(Error::Builder { message, place: Place::Module });
        }
        let intrinsics = intrinsics(self.bodies().map(|(_, body)| body));
        let written = Written::new(self, &intrinsics);
        let intrinsics: Vec<Signature> = intrinsics.into_iter().collect();
        let mut config = self.config.clone();
        if self.context.representation.carries_size() {
            let safety = self.context.choices.safety;
            config.safety = Some(safety.max(Safety::Spatial));
        }
        let found = check_built(Built {
            module: &written.module,
            operations: written.operations(self),
            intrinsics: &intrinsics,
            nothrow: written.nothrow(self),
            nothing_throws: !self.signatures.anything_throws(),
            config: &config,
            context: self.context,
        });
        found.map_err(|error| match error {
            Error::Invalid { message, place: Place::Offset(offset) } => written.not_valid(self, message, offset),
            other => other,
        })
    }

    /// The functions that are defined.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (&str, &Body)> {
        self.functions.iter().filter_map(|entry| match &entry.source {
            Source::Declared { name, body: Some(body) } => Some((name.as_str(), &**body)),
            _ => None,
        })
    }
}
