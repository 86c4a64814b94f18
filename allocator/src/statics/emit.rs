//! The data segments of an image.
//!
//! # The cost of a data segment
//!
//! An active data segment of `n` bytes at address `a` is encoded as
//!
//! ```text
//!   flag    memory       offset expression           length    contents
//!   0                    i32.const a, end            n         n bytes        in memory 0
//!   2       index        i32.const a, end            n         n bytes        in another memory
//! ```
//!
//! `i32.const` is `i64.const` in a 64-bit memory. The flag, the opcode and `end` are one byte each, so that the segment
//! costs
//!
//! ```text
//!   3 + memory + signed(a) + unsigned(n) + n
//! ```
//!
//! bytes, where `memory` is 0 or the size of the memory's index, and `signed` and `unsigned` are the sizes of LEB128
//! numbers. `a` is a signed number: in a 32-bit memory, an address from 2^31 on is encoded as a negative number.
//!
//! # Which zeros are emitted
//!
//! The memory is zero before. Zeros at the start and at the end of a segment are therefore never emitted, and zeros
//! in the middle, which are padding or part of a constant, are emitted unless another segment costs less.
//! The non-zero bytes form runs. Let `s(i)` and `e(i)` be the start and the end of run `i`. A segment from run `i` to
//! run `j` costs
//!
//! ```text
//!   [3 + memory + signed(s(i)) - s(i)] + [e(j)] + unsigned(e(j) - s(i))
//! ```
//!
//! Only the last term depends on both, and it has five values. The least cost of the runs up to `j` is therefore a
//! minimum over five sliding windows of `i`, one for each value `k`: those with `e(j) - s(i) < 2^(7k)`. (A window also
//! contains the starts for which a smaller `k` is exact; `k` is too large for them, but the minimum over all windows is
//! not.) The minimum of a sliding window takes constant time, so that the best segments are found in linear time. Of
//! several solutions of the least size, one with the fewest segments is chosen.
//!
//! Runs that at most [`NEAR`] zeros separate are one run: another segment costs at least 3 + 1 bytes besides its length.
//! It saves the zeros, but no byte of lengths: if `m` is the larger one of two lengths, their sum and the zeros are at
//! most `2m + 4`, which has at most one byte more than `m`, and the smaller length has at least one.

use crate::layout::Address;
use crate::statics::items::Options;
use crate::width::Width;
use std::collections::VecDeque;

/// The number of zeros that never cost more than another segment.
const NEAR: u64 = 4;

/// The largest number of data segments, which leaves most of the 100,000 that engines accept to the program. If the
/// smallest encoding has more segments, then more zeros are emitted: up to about [`MAX_PENALTY`] bytes for each segment
/// that is avoided.
const MAX_SEGMENTS: usize = 10_000;

/// The largest number of bytes that are added to the cost of a segment, so that their number is small enough.
const MAX_PENALTY: u32 = 4096;

/// The initial contents of a range of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSegment {
    /// The address of the first byte.
    pub address: Address,
    /// The contents.
    pub bytes: Vec<u8>,
}

impl DataSegment {
    /// The address after the last byte.
    pub fn end(&self) -> Address {
        self.address + self.bytes.len() as u64
    }

    /// The number of bytes that an active data segment with this content takes in a module.
    pub fn encoded_size(&self, width: Width, memory: u32) -> u64 {
        let bytes = self.bytes.len() as u64;
        3 + index_size(memory) + signed_size(self.address, width) + unsigned_size(bytes) + bytes
    }
}

/// Bytes at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) address: Address,
    pub(super) bytes: &'a [u8],
}

/// Bytes whose first and last one are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: Address,
    end: Address,
}

/// The data segments of pieces, which ascend and do not overlap.
pub(super) fn data_segments(pieces: &[Piece<'_>], options: &Options) -> Vec<DataSegment> {
    let runs = runs(pieces);
    let mut segments: Vec<DataSegment> = grouped(&runs, options, MAX_SEGMENTS)
        .into_iter()
        .map(|Run { start, end }| DataSegment { address: start, bytes: vec![0; (end - start) as usize] })
        .collect();
    let mut segment = 0;
    for piece in pieces {
        let end = piece.address + piece.bytes.len() as u64;
        while segments.get(segment).is_some_and(|segment| segment.end() <= piece.address) {
            segment += 1;
        }
        // A piece can have parts in several segments, and the last of them can have parts of the next piece.
        for segment in segments.iter_mut().skip(segment).take_while(|segment| segment.address < end) {
            let (from, to) = (piece.address.max(segment.address), end.min(segment.end()));
            let source = &piece.bytes[(from - piece.address) as usize..(to - piece.address) as usize];
            let target = (from - segment.address) as usize;
            segment.bytes[target..target + source.len()].copy_from_slice(source);
        }
    }
    segments
}

/// The runs of non-zero bytes, with up to [`NEAR`] zeros between them.
fn runs(pieces: &[Piece<'_>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for piece in pieces {
        for (_, address) in piece.bytes.iter().zip(piece.address..).filter(|(byte, _)| **byte != 0) {
            match runs.last_mut() {
                Some(run) if address - run.end <= NEAR => run.end = address + 1,
                _ => runs.push(Run { start: address, end: address + 1 }),
            }
        }
    }
    runs
}

/// The segments of the smallest encoding. If they are more than `most`, each segment costs as many bytes more as makes
/// their number small enough, up to [`MAX_PENALTY`].
fn grouped(runs: &[Run], options: &Options, most: usize) -> Vec<Run> {
    let mut penalty = 0;
    loop {
        let segments = cheapest(runs, options, penalty);
        if segments.len() <= most || penalty >= MAX_PENALTY {
            return segments;
        }
        penalty = (penalty * 2).max(1);
    }
}

/// The segments of the smallest encoding, if each segment costs `penalty` bytes more.
fn cheapest(runs: &[Run], options: &Options, penalty: u32) -> Vec<Run> {
    // The costs of the runs before a run: bytes, then segments.
    type Cost = (i128, u32);
    let mut windows: [VecDeque<(usize, Cost)>; 5] = Default::default();
    let mut before: Cost = (0, 0);
    // For each run, the first run of a segment that ends with it.
    let mut first_of = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter().enumerate() {
        let header = 3 + index_size(options.memory) + signed_size(run.start, options.width);
        let candidate = (before.0 + i128::from(header) + i128::from(penalty) - i128::from(run.start), before.1 + 1);
        let mut best: Option<(Cost, usize)> = None;
        for (bytes, window) in (1..).zip(&mut windows) {
            while window.back().is_some_and(|(_, cost)| *cost > candidate) {
                window.pop_back();
            }
            window.push_back((number, candidate));
            // The last window has no left end: there is no constant of 4 GiB.
            while bytes < 5 && window.front().is_some_and(|(first, _)| run.end - runs[*first].start >= 1 << (7 * bytes))
            {
                window.pop_front();
            }
            if let Some((first, cost)) = window.front() {
                let cost = (cost.0 + i128::from(bytes), cost.1);
                if best.is_none_or(|(best, _)| cost < best) {
                    best = Some((cost, *first));
                }
            }
        }
        // The last window is never empty.
        let (cost, first) = best.unwrap_or((candidate, number));
        before = (cost.0 + i128::from(run.end), cost.1);
        first_of.push(first);
    }
    let mut segments = Vec::new();
    let mut last = runs.len().checked_sub(1);
    while let Some(number) = last {
        let first = first_of[number];
        segments.push(Run { start: runs[first].start, end: runs[number].end });
        last = first.checked_sub(1);
    }
    segments.reverse();
    segments
}

/// The size of the index of a memory in a data segment, which the first memory does not need.
const fn index_size(memory: u32) -> u64 {
    if memory == 0 { 0 } else { unsigned_size(memory as u64) }
}

/// The size of a number in unsigned LEB128: seven bits per byte.
const fn unsigned_size(value: u64) -> u64 {
    let bits = 64 - (value | 1).leading_zeros();
    bits.div_ceil(7) as u64
}

/// The size of an address in signed LEB128: seven bits per byte, of which one is the sign.
const fn signed_size(address: Address, width: Width) -> u64 {
    let value = match width {
        Width::Bits32 => address as i32 as i64,
        Width::Bits64 => address as i64,
    };
    let magnitude = if value < 0 { !value } else { value };
    let bits = 64 - magnitude.leading_zeros() + 1;
    bits.div_ceil(7) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statics::items::Options;
    use proptest::prelude::*;

    const OPTIONS: Options = Options::new(Width::Bits32, 8, 1 << 31);

    fn encoded(runs: &[Run], options: &Options) -> u64 {
        let segment = |run: &Run| DataSegment { address: run.start, bytes: vec![1; (run.end - run.start) as usize] };
        runs.iter().map(|run| segment(run).encoded_size(options.width, options.memory)).sum()
    }

    #[test]
    fn sizes_of_numbers_are_those_of_leb128() {
        let unsigned = [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX].map(unsigned_size);
        assert_eq!(unsigned, [1, 1, 1, 2, 2, 3, 5, 10]);
        let addresses = [0, 63, 64, 8191, 8192, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
        assert_eq!(addresses.map(|address| signed_size(address, Width::Bits32)), [1, 1, 2, 2, 3, 5, 5, 1]);
        assert_eq!(addresses.map(|address| signed_size(address, Width::Bits64)), [1, 1, 2, 2, 3, 5, 5, 5]);
        assert_eq!([1 << 63, u64::MAX].map(|address| signed_size(address, Width::Bits64)), [10, 1]);
    }

    #[test]
    fn gaps_are_emitted_if_they_cost_less_than_a_segment() {
        // At addresses from 64 to 8191, a segment of up to 127 bytes costs 3 + 2 + 1 bytes.
        for (zeros, segments) in [(5, 1), (6, 1), (7, 2)] {
            let pieces = [Piece { address: 100, bytes: &[1] }, Piece { address: 101 + zeros, bytes: &[2, 0, 0] }];
            let emitted = data_segments(&pieces, &OPTIONS);
            assert_eq!(emitted.len(), segments, "{zeros} zeros");
            assert!(emitted.iter().all(|segment| segment.bytes.last() != Some(&0)));
        }
        // In another memory, it also has an index of one byte.
        let pieces = [Piece { address: 100, bytes: &[1, 0, 0, 0, 0, 0, 0, 0, 2] }];
        assert_eq!(data_segments(&pieces, &OPTIONS).len(), 2);
        assert_eq!(data_segments(&pieces, &Options { memory: 1, ..OPTIONS }).len(), 1);
    }

    #[test]
    fn zeros_alone_are_not_emitted() {
        assert_eq!(data_segments(&[Piece { address: 8, bytes: &[0; 100] }], &OPTIONS), []);
        assert_eq!(data_segments(&[], &OPTIONS), []);
    }

    #[test]
    fn the_number_of_segments_is_limited() {
        let runs: Vec<Run> = (0..100).map(|i| Run { start: 100 * i, end: 100 * i + 1 }).collect();
        assert_eq!(grouped(&runs, &OPTIONS, 100), runs);
        let few = grouped(&runs, &OPTIONS, 99);
        assert!(few.len() <= 99);
        assert_eq!(few.first().map(|run| run.start), Some(0));
        assert_eq!(few.last().map(|run| run.end), Some(9901));
        assert_eq!(grouped(&runs, &OPTIONS, 1), [Run { start: 0, end: 9901 }]);
        let far: Vec<Run> = runs.iter().map(|run| Run { start: 100 * run.start, end: 100 * run.start + 1 }).collect();
        assert_eq!(grouped(&far, &OPTIONS, 1), far, "10,000 zeros cost more than a segment is worth");
    }

    #[test]
    fn five_zeros_may_cost_more_than_a_segment() {
        // Together the runs have 16,384 bytes, a length of three bytes; apart, their lengths have one and two.
        let apart = [Run { start: 0, end: 36 }, Run { start: 41, end: 16_384 }];
        assert_eq!(encoded(&apart, &OPTIONS), encoded(&[Run { start: 0, end: 16_384 }], &OPTIONS) - 1);
        assert_eq!(cheapest(&apart, &OPTIONS, 0), apart);
    }

    /// All ways to join neighbouring runs.
    fn all_groupings(runs: &[Run]) -> Vec<Vec<Run>> {
        (0..1_u32 << runs.len().saturating_sub(1))
            .map(|joined| {
                let mut groups: Vec<Run> = Vec::new();
                for (i, run) in runs.iter().enumerate() {
                    match groups.last_mut() {
                        Some(group) if joined & (1 << (i - 1)) != 0 => group.end = run.end,
                        _ => groups.push(*run),
                    }
                }
                groups
            })
            .collect()
    }

    proptest! {
        #[test]
        fn no_other_segments_are_smaller(
            base in prop_oneof![0..200_u64, 8000..8300_u64, Just((1 << 31) - 300)],
            steps in prop::collection::vec((prop_oneof![5..12_u64, Just(120), Just(16_300)],
                prop_oneof![1..8_u64, 115..130_u64, 16_370..16_390_u64]), 0..9),
            memory in prop_oneof![Just(0), Just(1), Just(200)],
        ) {
            let options = Options { memory, ..OPTIONS };
            let mut end = base;
            let runs: Vec<Run> = steps.iter().map(|(zeros, bytes)| {
                let start = end + zeros;
                end = start + bytes;
                Run { start, end }
            }).collect();
            let chosen = cheapest(&runs, &options, 0);
            let best = all_groupings(&runs).into_iter().map(|groups| (encoded(&groups, &options), groups.len())).min();
            prop_assert_eq!(Some((encoded(&chosen, &options), chosen.len())), best);
        }

        #[test]
        fn near_runs_are_never_worth_a_segment(
            start in prop_oneof![0..200_u64, 8000..8300_u64],
            first in prop_oneof![1..200_u64, 16_300..16_400_u64],
            zeros in 1..=NEAR,
            second in prop_oneof![1..200_u64, 16_300..16_400_u64],
        ) {
            let (a, b) = (Run { start, end: start + first }, start + first + zeros);
            let b = Run { start: b, end: b + second };
            let joined = encoded(&[Run { start, end: b.end }], &OPTIONS);
            prop_assert!(joined <= encoded(&[a, b], &OPTIONS));
        }
    }
}
