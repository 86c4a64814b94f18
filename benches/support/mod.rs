//! Shared code of the benches.

use std::time::Instant;

/// The time of the fastest of several runs, in seconds. Ratios of minima vary less than ratios of averages.
pub(crate) fn quickest(runs: usize, mut run: impl FnMut()) -> f64 {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// The medians of several ratios over many rounds. Each round measures all of them, so that the speed of the machine at one
/// time is the same for both times of a ratio.
#[allow(dead_code, reason = "each bench uses a part of this module")]
pub(crate) fn compared<const COUNT: usize>(rounds: usize, mut round: impl FnMut() -> [f64; COUNT]) -> [f64; COUNT] {
    let rounds: Vec<[f64; COUNT]> = (0..rounds).map(|_| round()).collect();
    std::array::from_fn(|ratio| {
        let mut ratios: Vec<f64> = rounds.iter().map(|round| round[ratio]).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    })
}
