//! Random programs with exceptions: regions in tries, tries in regions, handlers at every depth, exceptions thrown by the
//! function itself, by its callees and by the host. Each program is lowered and run; the host does the same on the reference
//! model, and compares addresses, contents and zeroed memory.
//!
//! ```text
//!   source   a source of random numbers
//!   state    the model, and what the host knows about each region
//!   host     the functions of the host that programs import
//!   reach    what the programs reached
//!   run      runs the programs of a module
//!   link     the programs of the link door, written as text; handler writes their tries
//!   scopes   the programs of the library door
//! ```
//!
//! Programs are correct: on every path without exceptions they close each region, the innermost one first. The writer knows
//! which regions an exception closes from where it puts them: at the link door those opened in the body of a try, or closed
//! only there; at the library door the scopes that the exception leaves.

mod handler;
mod host;
pub mod link;
mod reach;
mod run;
pub mod scopes;
pub(crate) mod source;
mod state;
mod write;

pub use reach::Reach;
pub use run::run;
