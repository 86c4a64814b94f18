//! The programs of one module, which follow from its number, and the run of many modules.

use crate::access::compare::compare;
use crate::access::program::{Program, Setting};
use crate::access::reach::Reach;
use crate::access::shrink::{fail, program};
use crate::access::source::Source;
use crate::access::variant::{VARIANTS, Variant};

/// The programs of one module.
pub struct Batch {
    number: usize,
    setting: Setting,
    programs: Vec<Program>,
}

/// A program whose behaviour differs from the interpreter's.
#[derive(Debug)]
pub struct Failure {
    /// The number of the program, among those of all batches.
    pub program: usize,
    /// How it differs.
    pub message: String,
}

impl Batch {
    /// The number of programs in a batch.
    pub const PROGRAMS: usize = 16;

    /// The number of variants that a batch is linked for.
    const EACH: usize = 2;

    /// Generates a batch. The same number gives the same programs.
    pub fn new(number: usize) -> Batch {
        let setting = Setting::ALL[number % Setting::ALL.len()];
        let seeds = (number * Batch::PROGRAMS..).take(Batch::PROGRAMS);
        let programs = seeds.map(|seed| program(&mut Source::Seeded(seed as u64), setting)).collect();
        Batch { number, setting, programs }
    }

    /// The variants that the batch is linked for.
    pub fn variants(&self) -> impl Iterator<Item = Variant> + use<> {
        let first = self.number * Batch::EACH;
        (first..first + Batch::EACH).map(|index| VARIANTS[index % VARIANTS.len()])
    }

    /// Links the batch for a variant, runs its programs, and compares them with the interpreter.
    pub fn compare(&self, variant: Variant, reach: &mut Reach) -> Result<(), Failure> {
        let programs: Vec<&Program> = self.programs.iter().collect();
        compare(&programs, self.setting, variant, reach)
            .map_err(|(index, message)| Failure { program: self.number * Batch::PROGRAMS + index, message })
    }
}

/// Runs at least this many programs, on all cores. Panics with the smallest form of a program that fails.
pub fn run(programs: usize) -> Reach {
    let batches = programs.div_ceil(Batch::PROGRAMS);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut reach = Reach::default();
    std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|first| scope.spawn(move || run_batches((first..batches).step_by(threads)))).collect();
        for thread in running {
            match thread.join() {
                Ok(one) => reach.add(&one),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    reach
}

/// Runs the batches of one thread.
fn run_batches(numbers: impl Iterator<Item = usize>) -> Reach {
    let mut reach = Reach::default();
    for batch in numbers.map(Batch::new) {
        reach.programs += batch.programs.len();
        for variant in batch.variants() {
            if let Err(Failure { program, message }) = batch.compare(variant, &mut reach) {
                let failing = &batch.programs[program % Batch::PROGRAMS];
                fail(failing, variant, &format!("program {program}: {message}"));
            }
        }
    }
    reach
}
