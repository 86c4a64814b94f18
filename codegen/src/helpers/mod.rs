//! The functions that lowered code calls: slow paths, host calls, violations.
//!
//! A helper is emitted once, if something calls it. [`Needs`] collects the helpers of a module while functions are
//! lowered. A [`Routine`](routine::Routine) writes the body as soon as the helper is needed; the indices of the
//! functions that it calls are filled in when they are known.

mod allocate;
mod array;
mod array_code;
mod blame;
mod body;
pub(crate) mod call;
mod close;
mod demands;
mod fragments;
mod home;
pub(crate) mod id;
mod instructions;
mod live;
mod loan;
mod needs;
mod open;
mod record;
mod refill;
mod routine;
mod scope;
mod share;
mod string_code;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod text_code;
mod trace;
mod violation;
mod wasi;

pub(crate) use array::{emit_array_trap, emit_get_element, emit_load_element, emit_store_element};
pub(crate) use array_code::ArrayCode;
pub(crate) use call::{Call, Form};
pub(crate) use demands::Demands;
pub(crate) use fragments::{emit_header, emit_load_header, emit_store_header, push_home};
pub(crate) use id::{Alignment, Helper, HostImport};
pub(crate) use needs::Needs;
pub(crate) use string_code::{STRING, StringCode};
pub(crate) use text_code::TextCode;
pub(crate) use trace::{Pointer, SHADOW, SHADOW_PAGES, TraceEvent, Transfer};
