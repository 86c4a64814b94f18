//! The texts of the tests.

/// A generator of random numbers, which is the same in each run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// A text of UTF-16 code units. Most texts mix ASCII with something else; in a third of them, surrogates are frequent,
    /// and most of these are not in pairs.
    pub(crate) fn units(&mut self) -> Vec<u16> {
        let most = if self.below(20) == 0 { 200 } else { 40 };
        let (count, profile, ascii) = (self.below(most), self.below(6), self.below(21));
        let mut units = Vec::with_capacity(count as usize + 1);
        while (units.len() as u64) < count {
            if self.below(20) < ascii {
                units.push(self.below(0x80) as u16);
                continue;
            }
            let unit = match profile {
                0 => 0x80 + self.below(0x80),
                1 => self.below(0x800),
                2 => 0x800 + self.below(0xf800),
                3 => [0x7f, 0x80, 0xff, 0x100, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff]
                    [self.below(11) as usize],
                _ => 0xd800 + self.below(0x800),
            };
            units.push(unit as u16);
            // A high surrogate begins a pair, half of the time.
            if unit & 0xfc00 == 0xd800 && self.below(2) == 0 {
                units.push(0xdc00 + self.below(0x400) as u16);
            }
        }
        units
    }
}

/// What texts consist of, apart from one position: units of one, two and three bytes.
const UNITS: [u16; 3] = [b'a' as u16, 0x3b1, 0x4e2d];

/// Texts of all lengths up to one, and texts in ASCII of other lengths, with a pair, a lone surrogate, or another unit at each
/// position.
pub(crate) fn at_each_position(longest: u16, others: &[u16]) -> Vec<Vec<u16>> {
    let mut texts = Vec::new();
    let others = others.iter().map(|length| (*length, 1));
    for (length, kinds) in (0..=longest).map(|length| (length, UNITS.len())).chain(others) {
        for first in &UNITS[..kinds] {
            let text: Vec<u16> = (0..length).map(|position| first + position % 26).collect();
            for position in 0..text.len() {
                for put in [
                    &[0xd83d][..],
                    &[0xde00],
                    &[0xd83d, 0xde00],
                    &[0xde00, 0xd83d],
                    &[0xd83d, 0xd83d, 0xde00],
                    &[0xe9],
                    &[0x20ac],
                    &[0xff0c],
                    &[0x20],
                ] {
                    let mut text = text.clone();
                    let end = (position + put.len()).min(text.len());
                    text[position..end].copy_from_slice(&put[..end - position]);
                    texts.push(text);
                }
            }
            texts.push(text);
        }
    }
    texts
}

/// Bytes at both ends of each class that UTF-8 distinguishes.
const BYTES: [u8; 26] = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
    0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff,
];

/// Every sequence of up to four bytes of these classes.
pub(crate) fn sequences() -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..4 {
        let longer = |text: &Vec<u8>| {
            let text = text.clone();
            BYTES.map(move |byte| [&text[..], &[byte]].concat())
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Texts of up to this number of characters, all with one, two, three or four bytes, with an ill-formed or another well-formed
/// sequence at each position.
pub(crate) fn bytes_at_each_position(longest: usize) -> Vec<Vec<u8>> {
    let put: [&[u8]; 15] = [
        &[0x20],
        &[0x80],
        &[0xc0, 0x80],
        &[0xc1, 0xbf],
        &[0xc3],
        &[0xc3, 0xa9],
        &[0xe0, 0x9f, 0xbf],
        &[0xe2, 0x82],
        &[0xe2, 0x82, 0xac],
        &[0xe2, 0x82, 0xec],
        &[0xed, 0xa0, 0xbd],
        &[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
        &[0xf0, 0x9f, 0x98],
        &[0xf0, 0x9f, 0x98, 0x80],
        &[0xef, 0xbb, 0xbf],
    ];
    let mut texts = Vec::new();
    for first in ['a', '\u{3b1}', '\u{4e2d}', '\u{1f600}'] {
        for length in 0..=longest {
            let characters = |range: std::ops::Range<usize>| -> Vec<u8> {
                let character = |position| char::from_u32(first as u32 + position as u32 % 26);
                range.filter_map(character).collect::<String>().into_bytes()
            };
            for position in 0..=length {
                let (before, after) = (characters(0..position), characters(position..length));
                texts.extend(put.iter().map(|put| [&before[..], put, &after].concat()));
            }
        }
    }
    texts
}
