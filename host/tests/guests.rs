//! Guests from unmodified compilers: each takes a text and returns another one. The host allocates the text by the guest's own
//! allocator, and frees what the guest returns. If a compiler is missing, its guest is skipped with a message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/toolchains/tools.rs"]
mod tools;

use linmem_host::memory::{Grow, GuestMemory, Source, Zero};
use linmem_host::run::config;
use linmem_host::wasmtime::{Engine, Instance, Module, Store, TypedFunc, WasmParams, WasmResults};
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::{skip, succeed};

/// How often a guest is called with a long text. What the host does not free exceeds the memory that it may have.
const ROUNDS: usize = 1000;

/// A running guest.
struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: GuestMemory,
}

impl Guest {
    /// Starts a guest that imports nothing, with the allocator that is found among its exports.
    fn start(module: &Path, source: &Source) -> Guest {
        let engine = Engine::new(&config()).unwrap();
        let module = Module::from_file(&engine, module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).unwrap();
        }
        let memory = GuestMemory::new(&mut store, &instance, None).unwrap();
        assert_eq!(memory.source(), *source);
        Guest { store, instance, memory }
    }

    fn function<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> TypedFunc<P, R> {
        self.instance.get_typed_func(&mut self.store, name).unwrap()
    }

    /// Greets several names by `greet`, which calls the guest. After that, the memory has a bounded size.
    #[track_caller]
    fn check(&mut self, language: &str, mut greet: impl FnMut(&mut Guest, &str) -> String) {
        let long = "a long name, ".repeat(1000);
        for name in ["", "Ada", "gr\u{fc}\u{df}e \u{1d11e}", &long] {
            assert_eq!(greet(self, name), format!("Hello from {language}, {name}!"));
        }
        let size = self.memory.size(&self.store);
        for _ in 0..ROUNDS {
            greet(self, &long);
        }
        let grown = self.memory.size(&self.store) - size;
        assert!(grown < (ROUNDS * long.len() / 4) as u64, "the memory grew by {grown} bytes");
        assert!(self.memory.take_errors().is_empty());
    }
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests").join(path)
}

/// Where the module of a guest goes.
fn output(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("greet-{language}-{}.wasm", std::process::id()))
}

fn exports(allocate: &str, free: &str) -> Source {
    Source::Exports { allocate: allocate.to_string(), free: free.to_string() }
}

#[test]
fn guest_in_assemblyscript() {
    let Some(modules) = tools::package("assemblyscript") else {
        return skip("AssemblyScript", "node, or the package assemblyscript in tests/toolchains, is not installed");
    };
    let module = output("assemblyscript");
    for options in [["--runtime", "incremental", "-O2"], ["--runtime", "minimal", "-Oz"]] {
        let mut command = Command::new("node");
        command.arg(modules.join("assemblyscript/bin/asc.js")).arg(source("assemblyscript/greet.ts"));
        succeed(command.arg("-o").arg(&module).args(["--use", "abort=", "--exportRuntime"]).args(options));
        let mut guest = Guest::start(&module, &Source::AssemblyScript);
        let greet = guest.function::<i32, i32>("greet");
        let churn = guest.function::<i32, i32>("churn");
        let collect = guest.function::<(), ()>("__collect");
        guest.check("AssemblyScript", |guest, name| {
            let memory = guest.memory.clone();
            let mut name = memory.alloc_utf16(&mut guest.store, name, Grow::Allowed, Zero::OnDrop).unwrap();
            // The collector keeps the name, although no object of the guest refers to it.
            churn.call(&mut name, 20).unwrap();
            collect.call(&mut name, ()).unwrap();
            let address = name.to_i32().unwrap();
            let text = greet.call(&mut name, address).unwrap();
            let size: u32 = memory.read(&name, text - 4).unwrap();
            memory.read_utf16(&name, text, size / 2).unwrap()
        });
    }
    std::fs::remove_file(&module).unwrap();
}

#[test]
fn guest_in_c() {
    let (true, Some(libc)) = (tools::has_clang(), tools::libc()) else {
        return skip("C", "clang-19, wasm-ld-19, wasi-libc and libclang-rt-19-dev-wasm32 are not installed");
    };
    let module = output("c");
    let options = ["-O2", "-mexec-model=reactor", "-Wl,--export=malloc", "-Wl,--export=free"];
    tools::clang(&source("c/greet.c"), &module, Some(libc), &options);
    let mut guest = Guest::start(&module, &Source::Malloc);
    let greet = guest.function::<i32, i32>("greet");
    guest.check("C", |guest, name| {
        let memory = guest.memory.clone();
        let name = [name.as_bytes(), &[0]].concat();
        let mut name = memory.alloc(&mut guest.store, &name, Grow::Allowed, Zero::OnDrop).unwrap();
        let address = name.to_i32().unwrap();
        let text = greet.call(&mut name, address).unwrap();
        let text = memory.get_nul_output(&name, text).unwrap();
        let text = memory.adopt(&mut name, text, 8, Zero::OnDrop).unwrap();
        String::from_utf8(text.to_vec().unwrap()).unwrap()
    });
    std::fs::remove_file(&module).unwrap();
}

/// The command of the Zig compiler: its own, or that of the Python package in a virtual environment in the target folder.
fn zig() -> Option<Command> {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("ziglang/bin/python");
    let from_python = |python: PathBuf| (python, &["-m", "ziglang"][..]);
    let candidates = [("zig".into(), &[][..]), from_python(python), from_python("python3".into())];
    candidates.into_iter().find_map(|(program, arguments)| {
        let command = || {
            let mut command = Command::new(&program);
            command.args(arguments);
            command
        };
        tools::succeeds(command().arg("version")).then(command)
    })
}

#[test]
fn guest_in_zig() {
    let Some(mut command) = zig() else {
        return skip("Zig", "neither zig nor the package ziglang of Python is installed");
    };
    let module = output("zig");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("zig");
    command.env("ZIG_GLOBAL_CACHE_DIR", &cache).env("ZIG_LOCAL_CACHE_DIR", &cache).arg("build-exe");
    command.arg(source("zig/greet.zig")).arg(format!("-femit-bin={}", module.display()));
    succeed(command.args(["-target", "wasm32-freestanding", "-fno-entry", "-rdynamic", "-O", "ReleaseSafe"]));
    let mut guest = Guest::start(&module, &exports("allocate", "deallocate"));
    let greet = guest.function::<(i32, i32), i32>("greet");
    guest.check("Zig", |guest, name| {
        let memory = guest.memory.clone();
        let mut name = memory.alloc(&mut guest.store, name.as_bytes(), Grow::Allowed, Zero::OnDrop).unwrap();
        let arguments = (name.to_i32().unwrap(), name.segment().len_i32().unwrap());
        let pair = greet.call(&mut name, arguments).unwrap();
        let text = memory.get_list_output(&name, pair, 1).unwrap();
        let text = memory.adopt(&mut name, text, 1, Zero::OnDrop).unwrap();
        String::from_utf8(text.to_vec().unwrap()).unwrap()
    });
    std::fs::remove_file(&module).unwrap();
}

#[test]
fn guest_in_rust() {
    const TARGET: &str = "wasm32-unknown-unknown";
    let mut command = Command::new("rustc");
    let library = command.args(["--print", "target-libdir", "--target", TARGET]).output();
    let library = library.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default();
    if library.is_empty() || !Path::new(&library).exists() {
        return skip(
            "Rust",
            "the target wasm32-unknown-unknown is not installed: rustup target add wasm32-unknown-unknown",
        );
    }
    let module = output("rust");
    let mut command = Command::new("rustc");
    command.args(["--edition", "2024", "--crate-type", "cdylib", "--target", TARGET, "-O"]);
    succeed(command.arg(source("rust/greet.rs")).arg("-o").arg(&module));
    let mut guest = Guest::start(&module, &exports("alloc", "dealloc"));
    let greet = guest.function::<(i32, i32), i64>("greet");
    guest.check("Rust", |guest, name| {
        let memory = guest.memory.clone();
        let mut name = memory.alloc(&mut guest.store, name.as_bytes(), Grow::Allowed, Zero::OnDrop).unwrap();
        let arguments = (name.to_i32().unwrap(), name.segment().len_i32().unwrap());
        let packed = greet.call(&mut name, arguments).unwrap();
        let text = memory.get_packed_output(&name, packed).unwrap();
        let text = memory.adopt(&mut name, text, 1, Zero::OnDrop).unwrap();
        String::from_utf8(text.to_vec().unwrap()).unwrap()
    });
    std::fs::remove_file(&module).unwrap();
}
