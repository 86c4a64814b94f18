//! The list of all theorems with the time that the solver needs: `target/proofs.txt`.

use crate::support;
use linmem_proofs::smt::Solver;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// What is known of the theorems that are proved so far.
#[derive(Default)]
struct Times {
    /// By file and function: the number of claims, and the time to prove them.
    theorems: BTreeMap<(String, String), (usize, Duration)>,
    files: usize,
}

static TIMES: Mutex<Times> = Mutex::new(Times { theorems: BTreeMap::new(), files: 0 });

/// A theorem is proved.
pub(crate) fn proved(file: &str, function: &str, claims: usize, time: Duration) {
    support::show(&format!("{file} ${function}: {claims} claims in {time:.1?}"));
    let mut times = TIMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    times.theorems.insert((file.to_string(), function.to_string()), (claims, time));
}

/// All theorems of a file are proved and refuted with their changes. After the last of the files and the random graphs, the list is complete, is
/// written to `target/proofs.txt`, and is printed.
pub(crate) fn done(solver: &Solver, number: usize) {
    let mut times = TIMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    times.files += 1;
    if times.files < number {
        return;
    }
    let mut list = String::new();
    let mut total = (0, Duration::ZERO);
    for ((file, function), (claims, time)) in &times.theorems {
        let _ = writeln!(list, "{:>8.1}s {claims:>5} claims  {file} ${function}", time.as_secs_f64());
        total = (total.0 + claims, total.1 + *time);
    }
    let (theorems, (claims, time)) = (times.theorems.len(), total);
    let _ = writeln!(list, "{:>8.1}s {claims:>5} claims of {theorems} theorems", time.as_secs_f64());
    let solver_time = solver.time();
    let _ = writeln!(list, "{:>8.1}s with all counterexamples and assumptions", solver_time.as_secs_f64());
    support::show(&list);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join("proofs.txt"), list).unwrap();
}
