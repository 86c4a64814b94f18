//! Tests of reading and writing. Modules are given in the text format.

mod read;
mod write;

use crate::image::ModuleMemories;
use crate::image::read as read_module;
use wast::parser::{self, ParseBuffer};

/// The host's page size.
const PAGE: u64 = 4096;

/// Encodes a module.
fn parse(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).unwrap();
    parser::parse::<wast::Wat<'_>>(&buffer).unwrap_or_else(|error| panic!("{error}\n{text}")).encode().unwrap()
}

fn memories(bytes: &[u8]) -> ModuleMemories<'_> {
    read_module(bytes).unwrap_or_else(|error| panic!("{error}"))
}
