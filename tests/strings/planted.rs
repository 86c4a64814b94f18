//! Each planted bug in the encoding and decoding of strings is found.

use crate::guest::Kind;
use crate::texts::Random;
use crate::{across_chunks, checks, round_trips};
use linmem::{Encoding, Safety};
use linmem_codegen::planted::{Bug, plant};

/// A short form of the tests.
fn check() -> Result<(), String> {
    let mut random = Random::new(1);
    let texts: Vec<Vec<u16>> = (0..300).map(|_| random.units()).collect();
    let kind = Kind::new(Encoding::Utf8);
    round_trips(kind, &texts)?;
    checks::check(kind, Safety::Spatial)?;
    across_chunks(kind)
}

#[test]
fn planted_bugs_of_strings_are_found() {
    check().unwrap();
    for bug in Bug::STRINGS {
        plant(Some(*bug));
        let found = check();
        plant(None);
        let message = found.expect_err(&format!("{bug:?} is not found"));
        println!("{bug:?}: {}", message.lines().next().unwrap_or_default());
    }
}
