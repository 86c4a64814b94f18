//! Text between strings of JavaScript and segments. The host has strings of its own, with functions of exactly the types that
//! engines require; tests/node/strings.test.mjs runs the same program in an engine with strings of JavaScript.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod checks;
mod doors;
mod guest;
mod host;
#[path = "../text/model.rs"]
mod model;
mod planted;
#[path = "../text/texts.rs"]
mod texts;

use guest::{Guest, Kind};
use linmem::intrinsics::Element;
use linmem::{Config, Encoding};
use linmem_host::wasmtime::Val;
use texts::Random;

/// The address of what is decoded or written, in the part of the memory that linmem does not use.
const AT: u32 = 0x100;

/// Encodes a text that is a part of a string, by each intrinsic.
fn expect_encoded(guest: &mut Guest, kind: Kind, units: &[u16]) -> Result<(), String> {
    let expected = model::encode(kind.encoding, units);
    // The units around the range would be pairs with those at its ends.
    let whole = [&[0xd83d], units, &[0xde00]].concat();
    let (index, count) = (Val::I32(1), Val::I32(units.len() as i32));
    let string = host::string(&mut guest.store, &whole);
    let different =
        |way: &str, found: &[u8]| Err(format!("{way} {units:04x?}: {found:02x?} instead of {expected:02x?}"));
    let size = guest.outcome("size", &[string, index, count])?;
    if size != [expected.len() as u32] {
        return Err(format!("{size:?} bytes instead of {} of {units:04x?}", expected.len()));
    }
    let region = guest.region();
    let allocated = guest.outcome("allocate", &[region, string, index, count])?;
    let found = guest.bytes(allocated[0] as usize, expected.len());
    if found != expected || (kind.segment == "i32" && allocated[1] != expected.len() as u32) {
        return different("allocate", &found);
    }
    guest.memory.write(&mut guest.store, AT as usize, &vec![0xaa; expected.len() + 4]).unwrap();
    let place = guest::ints(&[AT, expected.len() as u32 + 1, 1]);
    let written = guest.outcome("set", &[place, vec![string, index, count]].concat())?;
    let found = guest.bytes(AT as usize, expected.len() + 4);
    if found != [&[0xaa], &expected[..], &[0xaa; 3]].concat() || written != [expected.len() as u32] {
        return different("set", &found);
    }
    Ok(())
}

/// Decodes a text to a string.
fn expect_decoded(guest: &mut Guest, kind: Kind, bytes: &[u8]) -> Result<(), String> {
    guest.memory.write(&mut guest.store, AT as usize, bytes).unwrap();
    let size = bytes.len() as u32;
    let made = guest.call("get", &guest::ints(&[AT - 1, size + 1, 1, size])).map_err(|error| format!("{error:?}"))?;
    let found = host::units(&mut guest.store, &made[0]).map_err(|error| error.to_string())?;
    let expected = model::decode(kind.encoding, Element::I16, bytes);
    if found == expected {
        return Ok(());
    }
    let at = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
    let part = |units: &[u16]| units[at.min(units.len())..].iter().take(4).copied().collect::<Vec<u16>>();
    Err(format!("{size} bytes: {:04x?} instead of {:04x?} at {at}", part(&found), part(&expected)))
}

/// Encodes and decodes these texts.
fn round_trips(kind: Kind, texts: &[Vec<u16>]) -> Result<(), String> {
    let mut guest = Guest::new(kind, &Config::new());
    for batch in texts.chunks(100) {
        for units in batch {
            expect_encoded(&mut guest, kind, units)?;
            expect_decoded(&mut guest, kind, &model::encode(kind.encoding, units))?;
        }
        guest.reopen();
        guest.store.gc(None).unwrap();
    }
    Ok(())
}

#[test]
fn random_strings_are_as_in_the_standard_library() {
    let mut random = Random::new(16);
    for &encoding in Encoding::ALL {
        for segment in ["i32", "i64", "anyref"] {
            for nullable in [false, true] {
                let texts: Vec<Vec<u16>> = (0..1000).map(|_| random.units()).collect();
                round_trips(Kind { encoding, segment, nullable }, &texts).unwrap();
            }
        }
    }
}

#[test]
fn surrogates_are_found_at_each_position() {
    let texts: Vec<Vec<u16>> = texts::at_each_position().into_iter().filter(|text| text.len() <= 12).collect();
    for &encoding in Encoding::ALL {
        round_trips(Kind::new(encoding), &texts).unwrap();
    }
}

#[test]
fn ill_formed_sequences_are_replaced() {
    let short = texts::sequences().into_iter().filter(|bytes| bytes.len() <= 3);
    let sequences: Vec<Vec<u8>> = short.chain(texts::bytes_at_each_position()).collect();
    for &encoding in Encoding::ALL {
        let kind = Kind::new(encoding);
        let mut guest = Guest::new(kind, &Config::new());
        for (number, bytes) in sequences.iter().enumerate() {
            expect_decoded(&mut guest, kind, bytes).unwrap();
            if number % 1000 == 0 {
                guest.store.gc(None).unwrap();
            }
        }
    }
}

/// Text that is decoded in more than one part, with a sequence at each position around the end of a part.
fn across_chunks(kind: Kind) -> Result<(), String> {
    const CHUNK: usize = 0x1_0000;
    let put: [&[u8]; 11] = [
        &[0xc3, 0xa9],
        &[0xe2, 0x82, 0xac],
        &[0xe2, 0x82],
        &[0xf0, 0x9f, 0x98, 0x80],
        &[0xf0, 0x9f, 0x98],
        &[0xf0, 0x9f],
        &[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
        &[0x80, 0x80, 0x80, 0x80, 0x80],
        &[0xf0, 0x9f, 0x98, 0x80, 0x80],
        &[0xf5, 0x80, 0x80, 0x80, 0xc3, 0xa9],
        &[0xff, 0xc3],
    ];
    let mut guest = Guest::new(kind, &Config::new());
    for put in put {
        for position in CHUNK - 6..=CHUNK + 1 {
            for after in [0, 1, 40] {
                let bytes = [&vec![b'a'; position][..], put, &vec![b'b'; after]].concat();
                guest.store.data_mut().into_strings = 0;
                expect_decoded(&mut guest, kind, &bytes)?;
                let strings = guest.store.data().into_strings;
                if strings != 1 + u32::from(bytes.len() > CHUNK) {
                    return Err(format!("{strings} strings for {} bytes", bytes.len()));
                }
            }
        }
        guest.store.gc(None).map_err(|error| error.to_string())?;
    }
    let long = [&vec![b'a'; CHUNK - 1][..], &[0xc3, 0xa9], &vec![b'b'; CHUNK], &[0xe2, 0x82]].concat();
    expect_decoded(&mut guest, kind, &long)
}

#[test]
fn no_sequence_is_split_between_parts_of_a_string() {
    for &encoding in Encoding::ALL {
        across_chunks(Kind::new(encoding)).unwrap();
    }
}
