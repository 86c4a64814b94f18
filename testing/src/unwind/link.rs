//! The programs of the link door: the configurations that they are linked with, and how they are run.

use crate::parse;
use crate::unwind::host::linker;
use crate::unwind::reach::Reach;
use crate::unwind::run::Programs;
use crate::unwind::source::Source;
use crate::unwind::state::State;
use crate::unwind::write;
use linmem::{Config, Optimize, Representation, Safety, StaticFrames};
use linmem::{Nesting, OutOfMemory, Unwind, Zero};

/// How many functions with exceptions a module has.
const FUNCTIONS: usize = 80;

/// How often each function is run, every time with other decisions of the host.
const RUNS: usize = 5;

/// How many programs are run on a module: a function, and what the host decides.
pub const PROGRAMS: usize = FUNCTIONS * RUNS;

/// A configuration, and the representation of segments.
#[derive(Clone, Debug)]
struct Variant {
    config: Config,
    representation: Representation,
}

/// The number of variants: every nesting policy at every safety level in every zeroing mode.
pub const VARIANTS: usize = 27;

impl Variant {
    /// The variant of a module. The other options alternate.
    fn of(number: usize) -> Variant {
        let (safety, nesting, zero) = (number % 3, number / 3 % 3, number / 9 % 3);
        let turn = number / VARIANTS;
        let config = Config::new()
            .with_safety(Safety::ALL[safety])
            .with_nesting(Nesting::ALL[nesting])
            .with_zero(Zero::ALL[zero])
            .with_unwind(Unwind::Release)
            // Every region is open when an exception may close it.
            .with_static_frames(StaticFrames::Off)
            .with_optimize(if (turn + number).is_multiple_of(2) { Optimize::Speed } else { Optimize::Size })
            .with_out_of_memory(if turn.is_multiple_of(4) { OutOfMemory::Null } else { OutOfMemory::Trap });
        Variant { config, representation: Representation::ALL[1 + (turn + number / 3) % 2] }
    }
}

/// Runs the programs of one module. The first one that fails is an error.
pub fn run_module(number: usize) -> Result<Reach, String> {
    let Variant { config, representation } = Variant::of(number);
    let mut source = Source::new(number as u64);
    let text = write::module(&mut source, FUNCTIONS, config.nesting, representation);
    let bytes = linmem::link(&parse(&text), &config).map_err(|error| format!("{error}\n{text}"))?;
    let state = State::new(&config, source.fork());
    let linker = linker().map_err(|error| error.to_string())?;
    let programs =
        Programs { number, config: &config, representation, bytes: &bytes, functions: FUNCTIONS, runs: RUNS };
    programs.run(&linker, state, || text.clone())
}
