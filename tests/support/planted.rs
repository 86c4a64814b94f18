//! The search for random modules that find planted bugs.

use linmem_codegen::planted::{Bug, plant};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The first of these modules that fails with a bug, and how. The programs stop it, the model differs, or the engine of the
/// host panics.
pub fn find<T>(bug: Bug, modules: Range<usize>, run: fn(usize) -> Result<T, String>) -> Option<(usize, String)> {
    plant(Some(bug));
    let failing = |number: usize| match catch_unwind(AssertUnwindSafe(|| run(number))) {
        Ok(Ok(_)) => None,
        Ok(Err(message)) => Some((number, message)),
        Err(_) => Some((number, "a panic".to_string())),
    };
    let found = modules.into_iter().find_map(failing);
    plant(None);
    found
}

/// Checks that each bug is found by one of these modules, which has no failure without it.
pub fn expect_found<T>(bugs: &[Bug], modules: Range<usize>, run: fn(usize) -> Result<T, String>) {
    for bug in bugs {
        let (module, message) = find(*bug, modules.clone(), run).unwrap_or_else(|| panic!("{bug:?} is not found"));
        println!("{bug:?}: {}", message.lines().next().unwrap_or_default());
        assert!(run(module).is_ok(), "module {module} fails without {bug:?}");
    }
}
