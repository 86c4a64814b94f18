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

/// ASCII texts of all lengths up to that of several blocks, with a pair, a lone surrogate, or another unit at each position.
pub(crate) fn at_each_position() -> Vec<Vec<u16>> {
    let mut texts = Vec::new();
    // From 128 units on, or from 256 in Latin-1, vectors are used.
    for length in (0..=70).chain([127, 128, 129, 191, 193, 257, 321]) {
        let ascii: Vec<u16> = (0..length).map(|position| b'a' as u16 + position % 26).collect();
        for position in 0..ascii.len() {
            for put in [
                &[0xd83d][..],
                &[0xde00],
                &[0xd83d, 0xde00],
                &[0xde00, 0xd83d],
                &[0xd83d, 0xd83d, 0xde00],
                &[0xe9],
                &[0x20ac],
            ] {
                let mut text = ascii.clone();
                let end = (position + put.len()).min(text.len());
                text[position..end].copy_from_slice(&put[..end - position]);
                texts.push(text);
            }
        }
        texts.push(ascii);
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

/// ASCII texts of several lengths with an ill-formed or a well-formed sequence at each position.
pub(crate) fn bytes_at_each_position() -> Vec<Vec<u8>> {
    let put: [&[u8]; 9] = [
        &[0x80],
        &[0xc3, 0xa9],
        &[0xe2, 0x82],
        &[0xe2, 0x82, 0xac],
        &[0xed, 0xa0, 0xbd],
        &[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
        &[0xf0, 0x9f, 0x98],
        &[0xf0, 0x9f, 0x98, 0x80],
        &[0xef, 0xbb, 0xbf],
    ];
    let mut texts = Vec::new();
    for length in 0..=40_u8 {
        for position in 0..=usize::from(length) {
            let ascii: Vec<u8> = (0..length).map(|position| b'a' + position % 26).collect();
            let (before, after) = ascii.split_at(position);
            texts.extend(put.iter().map(|put| [before, put, after].concat()));
        }
    }
    texts
}
