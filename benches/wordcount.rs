//! Word counts of 100 MB of UTF-8, compared with the same algorithms in Rust, compiled to WebAssembly and run by the same engine.
//!
//! - `count` reads the file in blocks of 64 KiB, and counts lines, words and code points (`wordcount/count.wat`).
//! - `frequencies` reads the file into one string of UTF-16, and counts how often each word occurs in a hash map. It is the program
//!   `examples/words/count.words`, whose strings and records are on the GC heap; in Rust, they are in linear memory.
//!
//! The programs run alternately, for several rounds; the bench prints the ratios of the fastest rounds. All programs are
//! compiled in advance. On Linux, the time is that during which the thread runs, so that other processes matter less.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench fails by panicking")]

#[path = "../examples/words/compiler/mod.rs"]
mod compiler;

use linmem::{Config, Safety};
use linmem_host::wasmtime::{Engine, Linker, Module, Store};
use linmem_host::wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use linmem_host::wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use linmem_host::wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const BYTES: usize = 100_000_000;
const ROUNDS: usize = 8;

/// An export of a program that wasmtime has compiled.
struct Program {
    name: String,
    export: &'static str,
    module: Module,
    linker: Linker<WasiP1Ctx>,
}

impl Program {
    fn new(name: &str, export: &'static str, bytes: &[u8]) -> Program {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker_sync(&mut linker, |context| context).unwrap();
        Program { name: name.to_string(), export, module: Module::new(&engine, bytes).unwrap(), linker }
    }

    /// Runs the program, and returns what it prints.
    fn run(&self, folder: &Path) -> String {
        let output = MemoryOutputPipe::new(1 << 16);
        let mut builder = WasiCtxBuilder::new();
        builder.args(&["wordcount", "text.txt"]).stdout(output.clone());
        builder.preopened_dir(folder, ".", FsPerms::ReadOnly).unwrap();
        let mut store = Store::new(self.module.engine(), builder.build_p1());
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        instance.get_typed_func::<(), ()>(&mut store, self.export).unwrap().call(&mut store, ()).unwrap();
        String::from_utf8(output.contents().to_vec()).unwrap()
    }
}

/// The time of this thread, in seconds: that during which it ran, if the system tells it.
struct Clock(Option<f64>, Instant);

impl Clock {
    fn now() -> Clock {
        Clock(Clock::running(), Instant::now())
    }

    fn running() -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    }

    fn elapsed(&self) -> f64 {
        match (self.0, Clock::running()) {
            (Some(start), Some(now)) => now - start,
            _ => self.1.elapsed().as_secs_f64(),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Words of 1 to 12 characters, of which one in 16 is not ASCII. Small numbers are more frequent.
fn text() -> String {
    const OTHERS: [char; 4] = ['é', 'ß', '€', '😀'];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let words: Vec<String> = (0..50_000)
        .map(|_| {
            let character = |random: &mut dyn FnMut(u64) -> u64| match random(16) {
                0 => OTHERS[random(4) as usize],
                _ => char::from(b'a' + random(26) as u8),
            };
            (0..=random(12)).map(|_| character(&mut random)).collect()
        })
        .collect();
    let mut text = String::with_capacity(BYTES + 64);
    while text.len() < BYTES {
        let below = 1 + random(words.len() as u64);
        text.push_str(&words[random(below) as usize]);
        text.push(if random(10) == 0 { '\n' } else { ' ' });
    }
    text
}

/// The programs in Rust; `None` if the target is not installed.
fn guest(folder: &Path) -> Option<Vec<u8>> {
    let output = folder.join("guest.wasm");
    let status = Command::new("rustc")
        .args(["--edition", "2024", "--target", "wasm32-unknown-unknown", "--crate-type", "cdylib"])
        .args(["-C", "opt-level=3", "-C", "lto=fat", "-C", "codegen-units=1", "-C", "panic=abort", "-o"])
        .arg(&output)
        .arg(root().join("benches/wordcount/guest.rs"))
        .status();
    status.is_ok_and(|status| status.success()).then(|| std::fs::read(output).unwrap())
}

/// Runs programs alternately, and prints their times relative to the first one.
fn compare(title: &str, folder: &Path, programs: &[Program]) {
    let expected = programs[0].run(folder);
    let mut best = vec![f64::INFINITY; programs.len()];
    for _ in 0..ROUNDS {
        for (program, best) in programs.iter().zip(&mut best) {
            let start = Clock::now();
            assert_eq!(program.run(folder), expected, "{}", program.name);
            *best = best.min(start.elapsed());
        }
    }
    println!("{title}: {}", expected.lines().next().unwrap());
    for (program, time) in programs.iter().zip(&best) {
        println!("  {:<10} {:.3} ({:.0} MB/s)", program.name, time / best[0], BYTES as f64 / time / 1e6);
    }
}

fn main() {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wordcount");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("text.txt"), text()).unwrap();
    let Some(guest) = guest(&folder) else {
        println!("skipped: rustc cannot compile for wasm32-unknown-unknown");
        return;
    };
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    println!("word counts of {BYTES} bytes, relative to Rust on the same engine");
    let mut programs = vec![Program::new("Rust", "count", &guest)];
    for safety in [Safety::None, Safety::Spatial, Safety::Temporal] {
        let linked =
            linmem::link(read("benches/wordcount/count.wat").as_bytes(), &Config::new().with_safety(safety)).unwrap();
        programs.push(Program::new(&safety.to_string(), "_start", &linked));
    }
    compare("count", &folder, &programs);
    let words = compiler::compile("count.words", &read("examples/words/count.words"), &Config::new()).unwrap();
    let programs = [Program::new("Rust", "frequencies", &guest), Program::new("GC heap", "_start", &words)];
    compare("frequencies", &folder, &programs);
    let _ = std::fs::remove_dir_all(&folder);
}
