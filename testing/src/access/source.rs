//! The source of choices: a seeded generator, or bytes from a fuzzer.

/// A stream of choices. The same seed or the same bytes give the same choices.
pub enum Source<'a> {
    /// Numbers that follow from a seed.
    Seeded(u64),
    /// Bytes. After the last one, every choice is the first alternative.
    Bytes(&'a [u8]),
}

impl Source<'_> {
    /// A number below `bound`, or 0 if that is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        if bound < 2 {
            return 0;
        }
        match self {
            Source::Seeded(state) => ((u64::from(next(state)) * u64::from(bound)) >> 32) as u32,
            Source::Bytes(bytes) => {
                // Take no more bytes than the bound needs, so that small changes of a fuzzer have small effects.
                let count = (4 - (bound - 1).leading_zeros() / 8).max(1);
                (0..count).fold(0u32, |number, _| (number << 8) | u32::from(take(bytes))) % bound
            }
        }
    }

    /// A number from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: u32, to: u32) -> u32 {
        from + self.below(to.saturating_sub(from).saturating_add(1))
    }

    /// True with a probability in percent.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        // A source without bytes returns false.
        100 - self.below(100) <= percent
    }

    /// One of some things.
    pub(crate) fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u32) as usize].clone()
    }

    /// Any number.
    pub(crate) fn any(&mut self) -> u32 {
        self.below(u32::MAX)
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 32) as u32
}

fn take(bytes: &mut &[u8]) -> u8 {
    let Some((first, rest)) = bytes.split_first() else { return 0 };
    *bytes = rest;
    *first
}
