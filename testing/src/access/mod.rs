//! Random programs of segment accesses. An interpreter runs the programs themselves; linked, wasmtime runs them with
//! checks and without, for every type that segments can have. Half of the programs are correct, and must behave as if
//! nothing were checked; each of the others reaches a violation, and exactly that one must be reported.
//!
//! ```text
//!   source     where choices come from: a seed, or bytes
//!   program    what a program is
//!   generate   generates a program from parts, shapes and loop_shapes
//!   settle     decides its numbers, so that it is correct, or wrong once
//!   interpret  runs it: its operands, accesses and loops, with its values and its state
//!   check      the checks of each use
//!   heap       the contents of memory
//!   variant    the configurations that programs are linked with
//!   emit       writes a module, with its types; write writes a function
//!   compare    links and runs programs, and compares
//!   shrink     finds the smallest program that still fails
//!   reach      what the programs reached
//!   batch      the programs of one module, and the run of many modules
//! ```

mod accesses;
mod batch;
mod check;
mod compare;
mod emit;
mod generate;
mod heap;
mod interpret;
mod loop_shapes;
mod loops;
mod operands;
mod parts;
mod program;
mod reach;
mod settle;
mod shapes;
mod shrink;
mod source;
mod state;
mod types;
mod value;
mod variant;
mod write;

pub use batch::{Batch, Failure, run};
pub use program::{Compare, Shape};
pub use reach::{Reach, Seen};
pub use shrink::case;
pub use source::Source;
pub use variant::{VARIANTS, Variant};
