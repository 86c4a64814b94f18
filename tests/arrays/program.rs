//! The program that copies.

use linmem::intrinsics::Element;
use std::fmt::Write;

/// The constant counts that the program has functions for.
pub(crate) const COUNTS: [u32; 20] = [
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    16,
    33,
    0x1000_0000,
    0x1fff_ffff,
    0x2000_0000,
    0x4000_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xc000_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// The offsets and indices that functions have as constants.
pub(crate) const PLACES: [(u32, u32); 3] = [(0, 0), (3, 1), (8, 2)];

/// Which operands are constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// None.
    Dynamic,
    /// The count.
    Count,
    /// The offset, the index and the count; if the program does not have them, only the count.
    All,
}

impl Form {
    /// The forms that the program has for a count.
    pub(crate) fn of(count: u32) -> Vec<Form> {
        if COUNTS.contains(&count) { vec![Form::Dynamic, Form::Count, Form::All] } else { vec![Form::Dynamic] }
    }
}

const IMPORTS: &str = r#"(module
  (type $a (array (mut {element})))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocateArray"
    (func $allocate (param i32 (ref null $a) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.ofAddress" (func $of (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.copyFromArray" (func $from (param {seg} i32 (ref null $a) i32 i32)))
  (import "linmem" "MemorySegment.copyToArray" (func $to (param {seg} i32 (ref null $a) i32 i32)))
  (import "linmem" "MemorySegment.toArray" (func $make (param {seg} i32 i32) (result (ref $a))))
  (memory (export "memory") 2)
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param i32) (call $free (local.get 0)))
"#;

/// The functions of one form. Each has the same parameters, whether it uses them or not.
const FUNCTIONS: &str = r#"
  (func (export "from{name}") (param $start i32) (param $bytes i32) (param $offset i32) (param $a (ref null $a))
    (param $index i32) (param $count i32)
    (call $from (call $of (local.get $start) (local.get $bytes)) {offset} (local.get $a) {index} {count}))
  (func (export "to{name}") (param $start i32) (param $bytes i32) (param $offset i32) (param $a (ref null $a))
    (param $index i32) (param $count i32)
    (call $to (call $of (local.get $start) (local.get $bytes)) {offset} (local.get $a) {index} {count}))
  (func (export "new{name}") (param $start i32) (param $bytes i32) (param $offset i32) (param $count i32)
    (result (ref null $a))
    (call $make (call $of (local.get $start) (local.get $bytes)) {offset} {count}))
  (func (export "allocate{name}") (param $region i32) (param $a (ref null $a)) (param $index i32) (param $count i32)
    (result i32 i32) (local $s {seg}) (local $size i32)
    (call $allocate (local.get $region) (local.get $a) {index} {count})
    {size}
    (local.set $s)
    (call $address (local.get $s)) (local.get $size))
"#;

/// The suffix of the names of functions.
pub(crate) fn suffix(form: Form, offset: u32, index: u32, count: u32) -> String {
    match form {
        Form::Dynamic => String::new(),
        Form::All if PLACES.contains(&(offset, index)) => format!("_{offset}_{index}_{count}"),
        Form::Count | Form::All => format!("_{count}"),
    }
}

/// The program for an element type and a type of segments.
pub(crate) fn text(segment: &str, element: Element) -> String {
    let mut text = IMPORTS.to_string();
    let mut functions = |name: &str, offset: &str, index: &str, count: &str| {
        let operands = [("{name}", name), ("{offset}", offset), ("{index}", index), ("{count}", count)];
        let filled = operands.iter().fold(FUNCTIONS.to_string(), |text, (hole, value)| text.replace(hole, value));
        text.write_str(&filled).expect("a string grows");
    };
    let (offset, index) = ("(local.get $offset)", "(local.get $index)");
    functions("", offset, index, "(local.get $count)");
    for number in COUNTS {
        let count = format!("(i32.const {number})");
        functions(&format!("_{number}"), offset, index, &count);
        for (offset, index) in PLACES {
            let constant = |number: u32| format!("(i32.const {number})");
            functions(&format!("_{offset}_{index}_{number}"), &constant(offset), &constant(index), &count);
        }
    }
    text.push(')');
    // A segment without a size is followed by it.
    let size = if segment == "i32" { "(local.set $size)" } else { "" };
    let text = text.replace("{size}", size).replace("{element}", element.name());
    crate::support::testfile::expand(&text, segment)
}
