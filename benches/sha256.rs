//! The example `sha256sum.wat` over 200 MB, compared with the same program with memory placed by hand
//! (`sha256sum.hand.wat`), and with the system's own sha256sum, if it is installed.
//!
//! The programs run alternately, for several rounds; the bench prints the ratios of the fastest rounds. Programs on
//! wasmtime are compiled in advance; the time of the system's program includes its start.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench fails by panicking")]

mod support;

use linmem::{Config, Safety};
use linmem_host::wasmtime::{Engine, Linker, Module, Store};
use linmem_host::wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use linmem_host::wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use linmem_host::wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::quickest;

const BYTES: usize = 200_000_000;
const ROUNDS: usize = 8;

/// A program that wasmtime has compiled.
struct Program {
    name: String,
    module: Module,
    linker: Linker<WasiP1Ctx>,
}

impl Program {
    fn new(name: &str, bytes: &[u8]) -> Program {
        let engine = Engine::new(&linmem_host::run::config()).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker_sync(&mut linker, |context| context).unwrap();
        Program { name: name.to_string(), module: Module::new(&engine, bytes).unwrap(), linker }
    }

    /// Runs the program, and returns what it prints for a file.
    fn run(&self, file: &Path) -> String {
        let output = MemoryOutputPipe::new(1 << 16);
        let mut builder = WasiCtxBuilder::new();
        builder.args(&["sha256sum", "file"]).stdout(output.clone());
        builder.preopened_dir(file.parent().unwrap(), ".", FsPerms::ReadOnly).unwrap();
        let mut store = Store::new(self.module.engine(), builder.build_p1());
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ()).unwrap();
        String::from_utf8(output.contents().to_vec()).unwrap()
    }
}

fn text(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn file() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sha256");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("file");
    let bytes: Vec<u8> = (0..BYTES as u32).map(|index| (index.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    std::fs::write(&path, bytes).unwrap();
    path
}

fn main() {
    let file = file();
    let hand = linmem::wat::parse(&text("benches/sha256sum.hand.wat")).unwrap().into_owned();
    let mut programs = vec![Program::new("by hand", &hand)];
    for &safety in Safety::ALL {
        let config = Config::new().with_safety(safety);
        let linked = linmem::link(&text("examples/sha256sum.wat"), &config).unwrap();
        programs.push(Program::new(&safety.to_string(), &linked));
    }
    let native = |file: &Path| {
        let output = Command::new("sha256sum").arg("file").current_dir(file.parent().unwrap()).output();
        output.ok().map(|output| String::from_utf8(output.stdout).unwrap())
    };
    let expected = programs[0].run(&file);
    let has_native = native(&file).is_some_and(|printed| {
        assert_eq!(printed, expected, "the system's own");
        true
    });
    let mut best = vec![f64::INFINITY; programs.len() + 1];
    for _ in 0..ROUNDS {
        for (program, best) in programs.iter().zip(&mut best) {
            *best = best.min(quickest(1, || assert_eq!(program.run(&file), expected, "{}", program.name)));
        }
        if has_native {
            best[programs.len()] = best[programs.len()].min(quickest(1, || drop(native(&file))));
        }
    }
    println!("sha256sum of {BYTES} bytes, relative to the program with memory placed by hand:");
    for (program, time) in programs.iter().zip(&best) {
        println!("  {:<10} {:.3}", program.name, time / best[0]);
    }
    if has_native {
        println!("  {:<10} {:.3}", "native", best[programs.len()] / best[0]);
    }
    println!("(goals: none at most 1.05, spatial at most 1.15)");
    let _ = std::fs::remove_dir_all(file.parent().unwrap());
}
