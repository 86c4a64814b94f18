//! The accessors of the fields of WASI's records.

use crate::support;
use crate::{REPRESENTATIONS, call, functions};
use linmem::{Config, Intrinsic, Nesting, Safety, Signature, ValueType};

/// An accessor of a field has the code of the accessor of a number at the offset of the field.
#[test]
fn fields_of_records() {
    let mut table = String::new();
    for &intrinsic in Intrinsic::ALL {
        let (Intrinsic::Get(field) | Intrinsic::Set(field)) = intrinsic else { continue };
        let own = "MemorySegment.";
        let fits = |other: &&Intrinsic| {
            other.name().starts_with(own)
                && all_levels().into_iter().all(|(word, safety)| {
                    let representation = support::representation(word);
                    let config = Config::new().with_safety(safety);
                    let (Some(of_field), Some(of_segment)) =
                        (Signature::new(intrinsic, representation), Signature::new(**other, representation))
                    else {
                        return false;
                    };
                    let (field_type, other_type) = (of_field.function_type(), of_segment.function_type());
                    let mut params = other_type.params.clone();
                    if params.len() < 2
                        || params.remove(1) != ValueType::I32
                        || params != field_type.params
                        || field_type.results != other_type.results
                    {
                        return false;
                    }
                    let text = call(&of_field, false);
                    let at = text.replace(
                        &format!("\"{}\" (func $call (param", intrinsic.name()),
                        &format!("\"{}\" (func $call (param", other.name()),
                    );
                    let at = at.replacen(&format!("(param {word}"), &format!("(param {word} i32"), 1);
                    let at = at.replacen(
                        "(call $call (local.get 0) ",
                        &format!("(call $call (local.get 0) (i32.const {}) ", field.offset()),
                        1,
                    );
                    functions(&text, word, &config) == functions(&at, word, &config)
                })
        };
        let found = Intrinsic::ALL.iter().find(fits);
        let found =
            found.unwrap_or_else(|| panic!("{} is not lowered like an accessor of a segment", intrinsic.name()));
        table += &format!("{:40} {} at {}\n", intrinsic.name(), found.name(), field.offset());
    }
    let _guard = support::goldens("wasi");
    insta::assert_snapshot!("records", table);
}

fn all_levels() -> Vec<(&'static str, Safety)> {
    let level = |word: &'static str| {
        support::levels(support::representation(word))
            .into_iter()
            .step_by(Nesting::ALL.len())
            .map(move |(safety, _)| (word, safety))
    };
    REPRESENTATIONS.into_iter().flat_map(level).collect()
}
