//! Runs the programs of `tests/access`, generated from the fuzzer's input.

#![no_main]
#![allow(dead_code, reason = "the modules are parts of a test, which uses more of them")]

#[path = "../../tests/support"]
mod support {
    pub mod folder;
    pub mod host;
}

#[path = "../../tests/access/access.rs"]
mod access;
#[path = "../../tests/access/check.rs"]
mod check;
#[path = "../../tests/access/compare.rs"]
mod compare;
#[path = "../../tests/access/emit.rs"]
mod emit;
#[path = "../../tests/access/generate.rs"]
mod generate;
#[path = "../../tests/access/heap.rs"]
mod heap;
#[path = "../../tests/access/interpret.rs"]
mod interpret;
#[path = "../../tests/access/loops.rs"]
mod loops;
#[path = "../../tests/access/operands.rs"]
mod operands;
#[path = "../../tests/access/parts.rs"]
mod parts;
#[path = "../../tests/access/program.rs"]
mod program;
#[path = "../../tests/access/reach.rs"]
mod reach;
#[path = "../../tests/access/settle.rs"]
mod settle;
#[path = "../../tests/access/shapes.rs"]
mod shapes;
#[path = "../../tests/access/shrink.rs"]
mod shrink;
#[path = "../../tests/access/source.rs"]
mod source;
#[path = "../../tests/access/variant.rs"]
mod variant;
#[path = "../../tests/access/write.rs"]
mod write;

use libfuzzer_sys::fuzz_target;
use source::Source;

fuzz_target!(|bytes: &[u8]| shrink::case(&mut Source::Bytes(bytes)));
