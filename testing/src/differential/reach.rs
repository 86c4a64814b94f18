//! What the programs reached.

use crate::differential::program::{Program, Variant};
use std::collections::BTreeMap;

/// What the programs reached.
#[derive(Debug, Default)]
pub struct Reach {
    /// How many programs were run.
    pub programs: usize,
    /// How many steps they have in total.
    pub steps: usize,
    /// How many steps the longest one has.
    pub longest: usize,
    /// How many steps ended with at most 1, 4, 8, 16, and more open regions.
    pub depth: [usize; 5],
    /// How often `top` moved to a later chunk.
    pub crossings: usize,
    /// How often a close moved `top` to an earlier chunk.
    pub returns: usize,
    /// The largest number of chunks.
    pub chunks: usize,
    /// How many operations ran out of memory and trapped.
    pub out_of_memory: usize,
    /// How many null segments were returned.
    pub null: usize,
    /// How many segments started, and how many ranges were left, zeroed.
    pub zeroed: usize,
    /// How often each violation was reached.
    pub violations: BTreeMap<&'static str, usize>,
    /// How many programs were run with each policy.
    pub variants: BTreeMap<String, usize>,
    /// How often the program's part grew after the memory was split.
    pub program_grows: usize,
    /// How often that was refused.
    pub program_refused: usize,
}

impl Reach {
    /// Formats what was reached as a table.
    pub fn histogram(&self) -> String {
        let Reach { programs, steps, longest, depth, crossings, returns, chunks, out_of_memory, null, zeroed, .. } =
            self;
        let Reach { program_grows, program_refused, .. } = self;
        format!(
            "{programs} programs of {steps} steps, the longest of {longest}\n\
             steps at depths 0-1, 2-4, 5-8, 9-16, and more: {depth:?}\n\
             chunk crossings {crossings}, returns {returns}, most chunks {chunks}; out of memory {out_of_memory}, null \
             segments {null}, zeroed {zeroed}\n\
             growth of the program's part {program_grows}, refused {program_refused}\n\
             violations {:?}\nprograms {:?}",
            self.violations, self.variants
        )
    }

    /// Adds what other programs reached.
    pub(crate) fn add(&mut self, other: &Reach) {
        self.programs += other.programs;
        self.steps += other.steps;
        self.longest = self.longest.max(other.longest);
        self.depth.iter_mut().zip(other.depth).for_each(|(steps, other)| *steps += other);
        self.crossings += other.crossings;
        self.returns += other.returns;
        self.chunks = self.chunks.max(other.chunks);
        self.out_of_memory += other.out_of_memory;
        self.null += other.null;
        self.zeroed += other.zeroed;
        self.program_grows += other.program_grows;
        self.program_refused += other.program_refused;
        for (kind, count) in &other.violations {
            *self.violations.entry(*kind).or_default() += count;
        }
        for (variant, count) in &other.variants {
            *self.variants.entry(variant.clone()).or_default() += count;
        }
    }

    pub(crate) fn begin(&mut self, program: &Program, variant: Variant) {
        self.programs += 1;
        self.steps += program.steps.len();
        self.longest = self.longest.max(program.steps.len());
        let checked = if variant.checked { "checked" } else { "unchecked" };
        *self.variants.entry(format!("{} {checked} zero {}", variant.nesting, variant.zero)).or_default() += 1;
    }
}
