//! The engine: lowers one function, given as a stream of instructions and intrinsic operations.
//!
//! Both doors feed it. It tracks control structures, operands that are constants or plain locals, and the open regions
//! and frames. It writes through a [`Tape`](tape::Tape). It does not validate: the link door validates its input, and
//! every output module is validated as a whole.
//!
//! Unreachable code is omitted, so its operands need not make sense.

mod carry;
mod choose;
pub(crate) mod compare;
mod control;
mod data;
mod doors;
mod finish;
mod group;
mod handler;
mod held;
mod hoist;
mod instructions;
mod intrinsic;
pub(crate) mod knowledge;
pub(crate) mod late;
mod loans;
pub(crate) mod locals;
mod lower;
mod lowered;
mod maker;
pub(crate) mod number_id;
mod number_parts;
pub(crate) mod numbers;
pub(crate) mod operands;
mod plain;
pub(crate) mod record;
mod recording;
mod reserve;
pub(crate) mod scopes;
pub(crate) mod shape;
pub(crate) mod split;
mod state;
mod stores;
mod structure;
mod tail;
pub(crate) mod tape;
#[cfg(test)]
mod tests;
mod trace;
mod unwind;
mod values;
pub(crate) mod wrappers;

pub(crate) use doors::Argument;
pub(crate) use lowered::Lowered;
pub(crate) use state::{Certain, Engine, Origin};
