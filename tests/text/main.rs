//! Text between GC arrays and segments, compared with the standard library: random texts, a surrogate at each position of each
//! block, and every ill-formed sequence of up to four bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod guest;
mod model;
mod planted;
mod room;
mod texts;

use guest::{Guest, Kind};
use linmem::Encoding;
use linmem::intrinsics::Element;
use texts::Random;

/// The number of random texts, and of those in one call of the program.
const TEXTS: usize = 1_000_000;
const BATCH: usize = 10_000;

/// Encodes UTF-16 with each encoding, and checks that WTF-8 is decoded to the same units.
fn round_trips(guests: &mut [(Kind, Guest)], texts: &[Vec<u16>]) -> Result<(), String> {
    for (kind, guest) in guests {
        guest.expect_encoded(texts, |units| model::encode(kind.encoding, units))?;
        let encoded: Vec<Vec<u8>> = texts.iter().map(|units| model::encode(kind.encoding, units)).collect();
        guest.expect_decoded(&encoded, |bytes| model::decode(kind.encoding, Element::I16, bytes))?;
        if kind.encoding == Encoding::Wtf8 {
            let same =
                |(units, bytes): (&Vec<u16>, &Vec<u8>)| model::decode(Encoding::Wtf8, Element::I16, bytes) == *units;
            assert!(texts.iter().zip(&encoded).all(same), "WTF-8 preserves all units");
        }
    }
    Ok(())
}

/// The programs that work on UTF-16.
fn utf16_guests() -> Vec<(Kind, Guest)> {
    let kinds = Kind::all().into_iter().filter(|kind| kind.element == Element::I16);
    kinds.map(|kind| (kind, Guest::new(kind))).collect()
}

/// The lengths of texts for which vectors are used in ASCII: from 128 units on, or from 256 in Latin-1.
const VECTORS: [u16; 7] = [127, 128, 129, 191, 193, 257, 321];

/// Each fourth batch is encoded in all encodings, the others in UTF-8.
#[test]
fn a_million_random_texts_are_as_in_the_standard_library() {
    let threads: Vec<_> = (0..2)
        .map(|thread| {
            std::thread::spawn(move || {
                let mut random = Random::new(thread);
                let mut utf8: Vec<_> = [false, true]
                    .map(|simd| Kind::utf16(Encoding::Utf8, simd))
                    .map(|kind| (kind, Guest::new(kind)))
                    .into();
                let mut all = utf16_guests();
                for batch in 0..TEXTS / BATCH / 2 {
                    let texts: Vec<Vec<u16>> = (0..BATCH).map(|_| random.units()).collect();
                    let guests = if batch % 4 == 0 { &mut all } else { &mut utf8 };
                    round_trips(guests, &texts).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn surrogates_are_found_at_each_position_of_each_block() {
    let mut guests = utf16_guests();
    for texts in texts::at_each_position(70, &VECTORS).chunks(BATCH / 2) {
        round_trips(&mut guests, texts).unwrap();
    }
}

/// Characters from U+0080 on have two bytes in UTF-8.
#[test]
fn latin_1_arrays_are_encoded_and_decoded() {
    let mut random = Random::new(7);
    let texts: Vec<Vec<u16>> = (0..BATCH)
        .map(|_| random.units().into_iter().map(|unit| unit & 0xff).collect())
        .chain([(0..=0xff).collect()])
        .collect();
    for kind in Kind::all().into_iter().filter(|kind| kind.element == Element::I8) {
        let mut guest = Guest::new(kind);
        guest.expect_encoded(&texts, |units| model::encode(kind.encoding, units)).unwrap();
        let encoded: Vec<Vec<u8>> = texts.iter().map(|units| model::encode(kind.encoding, units)).collect();
        guest.expect_decoded(&encoded, |bytes| model::decode(kind.encoding, kind.element, bytes)).unwrap();
    }
}

#[test]
fn every_ill_formed_sequence_of_four_bytes_is_replaced() {
    let sequences = texts::sequences();
    for kind in Kind::all() {
        let mut guest = Guest::new(kind);
        for texts in sequences.chunks(40 * BATCH) {
            guest.expect_decoded(texts, |bytes| model::decode(kind.encoding, kind.element, bytes)).unwrap();
        }
        let placed = texts::bytes_at_each_position(40);
        guest.expect_decoded(&placed, |bytes| model::decode(kind.encoding, kind.element, bytes)).unwrap();
    }
}

#[test]
fn examples_of_the_documentation_are_right() {
    let mut utf8 = Guest::new(Kind::utf16(Encoding::Utf8, false));
    let lone = vec![vec![0xfeff, u16::from(b'a'), 0xd83d]];
    utf8.expect_encoded(&lone, |_| vec![0xef, 0xbb, 0xbf, b'a', 0xef, 0xbf, 0xbd]).unwrap();
    let pair = vec![vec![0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]];
    utf8.expect_decoded(&pair, |_| vec![0xfffd; 6]).unwrap();
    // The halves of a pair that were encoded apart are a pair again.
    let mut wtf8 = Guest::new(Kind::utf16(Encoding::Wtf8, false));
    wtf8.expect_decoded(&pair, |_| vec![0xd83d, 0xde00]).unwrap();
    wtf8.expect_encoded(&[vec![0xd83d, 0xde00]], |_| vec![0xf0, 0x9f, 0x98, 0x80]).unwrap();
    let mut latin1 = Guest::new(Kind::utf16(Encoding::Latin1, false));
    latin1.expect_encoded(&[vec![0xe9, 0x20ac, 0xd83d, 0xde00, 0xde00]], |_| b"\xe9???".to_vec()).unwrap();
}
