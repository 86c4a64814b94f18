//! The engine: one function in, as a stream of instructions and intrinsic operations; its lowered code out.
//!
//! Both doors feed it. It tracks control structures, the operands that are constants or plain locals, and the regions
//! and frames that are open, and writes through a [`Tape`]. It does not validate: the link door validates what comes
//! in, and whatever comes out is validated as a whole.
//!
//! Code that cannot be reached is left out, so that nothing in it has to make sense.

pub(crate) mod compare;
mod control;
mod doors;
mod finish;
mod group;
mod held;
mod hoist;
mod instructions;
mod intrinsic;
pub(crate) mod knowledge;
mod late;
pub(crate) mod locals;
mod lower;
mod lowered;
mod maker;
pub(crate) mod operands;
mod plain;
pub(crate) mod scopes;
pub(crate) mod shape;
pub(crate) mod split;
mod state;
mod structure;
pub(crate) mod tape;
mod values;

pub(crate) use lowered::Lowered;
pub(crate) use state::{Certain, Engine, Origin};
