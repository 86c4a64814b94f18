//! Custom sections of a frontend.

use crate::build::items::Custom;
use crate::build::module::ModuleBuilder;
use crate::error::{Error, Place};
use crate::sites;

/// Where a custom section is in the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Position {
    /// Before all other sections, as `dylink.0` must be.
    First,
    /// After all other sections, as `producers` and `target_features` must be.
    Last,
}

impl ModuleBuilder {
    /// Adds a custom section. Sections with the same position are in the order in which they are added.
    ///
    /// # Errors
    ///
    /// If linmem writes the section itself: `name` or `linmem.sites`.
    pub fn custom_section(&mut self, name: &str, contents: &[u8], position: Position) -> Result<(), Error> {
        if ["name", sites::SECTION].contains(&name) {
            let message = format!("the custom section `{name}` cannot be added: linmem writes it");
            return Err(Error::Builder { message, place: Place::Module });
        }
        let section = Custom { name: name.to_string(), contents: contents.to_vec() };
        match position {
            Position::First => self.items.first.push(section),
            Position::Last => self.items.last.push(section),
        }
        Ok(())
    }
}
