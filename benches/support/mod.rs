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
