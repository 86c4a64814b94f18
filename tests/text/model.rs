//! What texts become, as the standard library or a transcription of the specifications says.

use linmem::Encoding;
use linmem::intrinsics::Element;

/// The bytes of a text of UTF-16 code units, or of Latin-1.
pub(crate) fn encode(encoding: Encoding, units: &[u16]) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => String::from_utf16_lossy(units).into_bytes(),
        Encoding::Wtf8 => {
            let mut bytes = Vec::new();
            for character in char::decode_utf16(units.iter().copied()) {
                match character {
                    Ok(character) => bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
                    Err(lone) => {
                        let unit = lone.unpaired_surrogate();
                        let low = |shift: u16| 0x80 | (unit >> shift & 0x3f) as u8;
                        bytes.extend([0xe0 | (unit >> 12) as u8, low(6), low(0)]);
                    }
                }
            }
            bytes
        }
        Encoding::Latin1 => char::decode_utf16(units.iter().copied())
            .map(|character| {
                character.ok().and_then(|character| u8::try_from(u32::from(character)).ok()).unwrap_or(b'?')
            })
            .collect(),
    }
}

/// The elements of an array of a text in memory.
pub(crate) fn decode(encoding: Encoding, element: Element, bytes: &[u8]) -> Vec<u16> {
    let characters: Vec<u32> = match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).chars().map(u32::from).collect(),
        Encoding::Wtf8 => generalized(bytes),
        Encoding::Latin1 => bytes.iter().map(|byte| u32::from(*byte)).collect(),
    };
    let mut units = Vec::new();
    for character in characters {
        match (element, character) {
            (Element::I8, 0x100..) => units.push(u16::from(b'?')),
            (_, 0x1_0000..) => {
                units.push((0xd800 + ((character - 0x1_0000) >> 10)) as u16);
                units.push((0xdc00 + (character & 0x3ff)) as u16);
            }
            _ => units.push(character as u16),
        }
    }
    units
}

/// The code points of generalized UTF-8: as UTF-8, but the bytes after 0xed are not restricted.
fn generalized(bytes: &[u8]) -> Vec<u32> {
    let mut points = Vec::new();
    let mut left = bytes;
    while let Some((&first, rest)) = left.split_first() {
        let (count, second) = match first {
            0x00..=0x7f => (0, 0..=0),
            0xc2..=0xdf => (1, 0x80..=0xbf),
            0xe0 => (2, 0xa0..=0xbf),
            0xe1..=0xef => (2, 0x80..=0xbf),
            0xf0 => (3, 0x90..=0xbf),
            0xf1..=0xf3 => (3, 0x80..=0xbf),
            0xf4 => (3, 0x80..=0x8f),
            _ => {
                points.push(0xfffd);
                left = rest;
                continue;
            }
        };
        let fits = |position: usize, byte: u8| {
            if position == 0 { second.contains(&byte) } else { (0x80..=0xbf).contains(&byte) }
        };
        let good = rest.iter().take(count).enumerate().take_while(|(position, byte)| fits(*position, **byte)).count();
        let lead = if count == 0 { u32::from(first) } else { u32::from(first) & (0x3f >> count) };
        points.push(if good == count {
            rest[..count].iter().fold(lead, |point, byte| point << 6 | u32::from(byte & 0x3f))
        } else {
            0xfffd
        });
        left = &rest[good..];
    }
    points
}
