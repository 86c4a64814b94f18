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
    /// By file, the theorems: the function, the number of claims, and the time to prove them.
    theorems: BTreeMap<String, Vec<(String, usize, Duration)>>,
    parts: usize,
}

static TIMES: Mutex<Times> = Mutex::new(Times { theorems: BTreeMap::new(), parts: 0 });

/// A theorem is proved.
pub(crate) fn proved(file: &str, function: &str, claims: usize, time: Duration) {
    support::show(&format!("{file} ${function}: {claims} claims in {time:.1?}"));
    let mut times = TIMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    times.theorems.entry(file.to_string()).or_default().push((function.to_string(), claims, time));
}

/// The tests besides those of files that prove theorems: random call graphs and random functions.
const OTHERS: usize = 2;

/// All theorems of a test are proved, and refuted with their changes. After the last test, the list is complete, is written to
/// `target/proofs.txt`, and is printed.
pub(crate) fn done(solver: &Solver) {
    let mut times = TIMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    times.parts += 1;
    if times.parts < crate::FILES.len() + OTHERS {
        return;
    }
    let mut list = String::new();
    let (mut theorems, mut all, mut total) = (0, 0, Duration::ZERO);
    for (file, list_of_file) in &times.theorems {
        for (function, claims, time) in list_of_file {
            let _ = writeln!(list, "{:>8.1}s {claims:>5} claims  {file} ${function}", time.as_secs_f64());
            (theorems, all, total) = (theorems + 1, all + claims, total + *time);
        }
    }
    let _ = writeln!(list, "{:>8.1}s {all:>5} claims of {theorems} theorems", total.as_secs_f64());
    let solver_time = solver.time();
    let _ = writeln!(list, "{:>8.1}s with all counterexamples and assumptions", solver_time.as_secs_f64());
    support::show(&list);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join("proofs.txt"), list).unwrap();
}
