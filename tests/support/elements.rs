//! The program of `tests/cost/arrays.wat`, for each type of elements.

use linmem::intrinsics::Element;

/// The types that the program has elements of.
pub(crate) const ELEMENTS: [Element; 4] = [Element::I8, Element::I16, Element::I32, Element::I64];

/// The program that copies arrays with these elements.
pub(crate) fn program(element: Element) -> String {
    let path = format!("{}/tests/cost/arrays.wat", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the file exists");
    let (access, unsigned, extend) = match element {
        Element::I8 => ("Byte", "UByte", "_u"),
        Element::I16 => ("Short", "UShort", "_u"),
        Element::I32 => ("Int", "Int", ""),
        _ => ("Long", "Long", ""),
    };
    let (value, wide, index) = match element {
        Element::I64 => ("i64", "i64.mul (i64.const 1)", "(i64.extend_i32_u (local.get $i))"),
        _ => ("i32", "i64.extend_i32_u", "(local.get $i)"),
    };
    text.replace("{element}", element.name())
        .replace("{access}", access)
        .replace("{unsigned}", unsigned)
        .replace("{value}", value)
        .replace("{wide}", wide)
        .replace("{index}", index)
        .replace("{extend}", extend)
        .replace("{bytes}", &element.bytes().to_string())
}
