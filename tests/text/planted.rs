//! Each planted bug in the encoding and decoding of text is found.

use crate::guest::{Guest, Kind};
use crate::texts::{self, Random};
use crate::{model, room};
use linmem::intrinsics::Element;
use linmem_codegen::planted::{Bug, plant};

/// A short form of the tests.
fn check() -> Result<(), String> {
    let mut random = Random::new(1);
    let mut texts: Vec<Vec<u16>> = (0..500).map(|_| random.units()).collect();
    texts.extend(texts::at_each_position(12, &[]));
    let sequences: Vec<Vec<u8>> = texts::sequences().into_iter().filter(|bytes| bytes.len() <= 3).collect();
    let placed = texts::bytes_at_each_position(10);
    for kind in Kind::all().into_iter().filter(|kind| kind.element == Element::I16) {
        let mut guest = Guest::new(kind);
        guest.expect_encoded(&texts, |units| model::encode(kind.encoding, units))?;
        guest.expect_decoded(&sequences, |bytes| model::decode(kind.encoding, kind.element, bytes))?;
        guest.expect_decoded(&placed, |bytes| model::decode(kind.encoding, kind.element, bytes))?;
        room::check(kind)?;
    }
    Ok(())
}

#[test]
fn planted_bugs_of_text_are_found() {
    check().unwrap();
    for bug in Bug::TEXT {
        plant(Some(*bug));
        let found = check();
        plant(None);
        let message = found.expect_err(&format!("{bug:?} is not found"));
        println!("{bug:?}: {}", message.lines().next().unwrap_or_default());
    }
}
