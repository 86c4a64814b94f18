//! Random programs whose functions write patterns to their regions, call others, and look whether the patterns are still
//! there. Each is linked with static frames and without, and must do the same.
//!
//! ```text
//!   write   the programs: functions that call each other, themselves, the host and functions in a table
//!   run     links and runs them
//! ```

mod run;
mod write;

pub use run::{PROGRAMS, Reach, VARIANTS, run_built, run_module};
