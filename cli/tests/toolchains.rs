//! Programs in other languages, compiled by unmodified compilers, linked and run at every safety level: see
//! `tests/toolchains/README.md`. If a compiler is missing, its programs are skipped with a message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;
#[path = "../../tests/toolchains/tools.rs"]
mod tools;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::{exists, package, skip, succeed};

const LEVELS: [&str; 3] = ["none", "spatial", "temporal"];
const LINE: &str = "Hello, world!\n";
const INTACT: &str = "all is intact after many growths\n";

/// Compiles a module by a JavaScript compiler, unless the same compiler has already compiled the same source with the same
/// options: these compilers take most of the time of this test. `package` is the folder of the compiler, `sources` that of
/// everything that it reads.
fn compile(command: &mut Command, package: &Path, sources: &Path, output: &Path) {
    let mut inputs: Vec<PathBuf> = std::fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.push(package.join("package.json"));
    inputs.sort();
    let mut hasher = DefaultHasher::new();
    inputs.iter().for_each(|path| std::fs::read(path).unwrap().hash(&mut hasher));
    // Where the output goes differs from run to run.
    command.get_args().filter(|arg| *arg != output).for_each(|arg| Path::new(arg).file_name().hash(&mut hasher));
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{:016x}.wasm", hasher.finish()));
    if !compiled.exists() {
        succeed(command);
        // Another process may do the same at the same time.
        let copy = compiled.with_extension(std::process::id().to_string());
        std::fs::copy(output, &copy).unwrap();
        std::fs::rename(&copy, &compiled).unwrap();
    }
    std::fs::copy(&compiled, output).unwrap();
}

/// Runs a module with options, and expects an output.
#[track_caller]
fn run(module: &Path, options: &[&str], input: &[u8], expected: &str) {
    let output = support::output(support::linmem().arg("run").args(options).arg(module), input);
    let errors = String::from_utf8_lossy(&output.stderr);
    let (status, printed) = (output.status.code(), String::from_utf8_lossy(&output.stdout));
    assert_eq!((status, printed.as_ref()), (Some(0), expected), "{} {options:?}: {errors}", module.display());
}

/// Runs a module at every safety level, and once with tracing, with additional options. The auditor finds nothing.
#[track_caller]
fn run_at_every_level(module: &Path, options: &[&str], input: &[u8], expected: &str) {
    for level in LEVELS {
        run(module, &[&["--safety", level], options].concat(), input, expected);
    }
    run(module, &[&["--trace"], options].concat(), input, expected);
}

/// Compares a module with one of those in `tests/cost/compilers`, whose costs are goldens: it is what the compiler makes.
#[track_caller]
fn assert_is_checked_in(module: &Path, name: &str) {
    let file = tools::folder().join("../cost/compilers").join(format!("{name}.wasm"));
    let (compiled, checked_in) = (std::fs::read(module).unwrap(), std::fs::read(&file).unwrap());
    assert!(compiled == checked_in, "the compiler makes another module than {}", file.display());
}

fn clang(source: &str, output: &Path, libc: Option<&str>, options: &[&str]) {
    tools::clang(&tools::folder().join("c").join(source), output, libc, options);
}

#[test]
fn programs_in_c() {
    if !tools::has_clang() {
        return skip("C", "clang-19 and wasm-ld-19 are not installed");
    }
    let dir = tempfile::tempdir().unwrap();
    let module = dir.path().join("program.wasm");
    for options in [&["-O0", "-g"][..], &["-O2", "-g"], &["-O3", "-flto", "-mbulk-memory", "-mmultivalue", "-Wl,-s"]] {
        clang("hello.c", &module, None, options);
        run_at_every_level(&module, &[], b"", LINE);
    }
    let Some(runtime) = tools::libc() else {
        return skip("C with a libc", "wasi-libc and libclang-rt-19-dev-wasm32 are not installed");
    };
    for options in [&["-O0", "-g"][..], &["-O2"], &["-O2", "-DEARLY"]] {
        clang("allocators.c", &module, Some(runtime), options);
        run_at_every_level(&module, &[], b"", INTACT);
        run_at_every_level(&module, &["--split", "256MiB", "--nesting", "outermost"], b"", INTACT);
    }
    clang("allocators.c", &module, Some(runtime), &["-O2", "-Wl,--export=malloc"]);
    run_at_every_level(&module, &["--share", "allocator:malloc"], b"", INTACT);
    run_at_every_level(&module, &["--share", "allocator:malloc", "--zero", "free"], b"", INTACT);
}

#[test]
fn programs_in_assemblyscript() {
    let Some(modules) = package("assemblyscript") else {
        return skip("AssemblyScript", "node, or the package assemblyscript in tests/toolchains, is not installed");
    };
    let dir = tempfile::tempdir().unwrap();
    let module = dir.path().join("program.wasm");
    let compile = |source: &str, options: &[&str]| {
        let package = modules.join("assemblyscript");
        let source = tools::folder().join("assemblyscript").join(source);
        let mut command = Command::new("node");
        command.arg(package.join("bin/asc.js")).arg(&source);
        command.arg("-o").arg(&module).args(["--use", "abort="]).args(options);
        compile(&mut command, &package, &tools::folder().join("assemblyscript"), &module);
    };
    let text: String = (0..3000).map(|number| format!("line {number} of some text\n")).collect();
    let counted = format!("3000 lines, 15000 words, 3004 of them different, {} bytes\n", text.len());
    let runtimes = [
        &["--runtime", "incremental", "-O3"][..],
        &["--runtime", "incremental", "-O0", "--debug"],
        &["--runtime", "minimal", "-Oz", "--exportRuntime"],
        &["--runtime", "stub", "-O2"],
    ];
    for options in runtimes {
        compile("hello.ts", options);
        run_at_every_level(&module, &[], b"", LINE);
        compile("words.ts", options);
        run_at_every_level(&module, &[], text.as_bytes(), &counted);
        compile("allocators.ts", options);
        run_at_every_level(&module, &[], b"", INTACT);
    }
    // linmem exports the memory for WASI if the program does not.
    compile("hello.ts", &["--runtime", "minimal", "--noExportMemory"]);
    run_at_every_level(&module, &[], b"", LINE);
    compile("iovec.ts", &["--runtime", "stub", "-O3"]);
    assert_is_checked_in(&module, "assemblyscript");
    // The runtime's own allocator has a collector, so that blocks must be pinned.
    compile("allocators.ts", &["--runtime", "incremental", "-O2", "--exportRuntime"]);
    run_at_every_level(&module, &["--share", "allocator:__new,__pin"], b"", INTACT);
}

#[test]
fn programs_in_moonbit() {
    let Some(modules) = package("@moonbit/moonpad-monaco") else {
        return skip("MoonBit", "node, or the package @moonbit/moonpad-monaco in tests/toolchains, is not installed");
    };
    let dir = tempfile::tempdir().unwrap();
    let module = dir.path().join("program.wasm");
    let compile = |source: &str, exported: &[&str]| {
        let folder = tools::folder().join("moonbit");
        let (script, source) = (folder.join("compile.cjs"), folder.join(source));
        let mut command = Command::new("node");
        command.arg(&script).arg(&modules).arg(dir.path().join("library")).arg(&source).arg(&module).args(exported);
        compile(&mut command, &modules.join("@moonbit/moonpad-monaco"), &folder, &module);
    };
    compile("hello.mbt", &[]);
    run_at_every_level(&module, &[], b"", LINE);
    compile("long.mbt", &[]);
    let line = |row: usize| -> String {
        let letters = (0..49).map(|column| char::from(b'A' + ((row * 50 + column) % 26) as u8));
        letters.chain(['\n']).collect()
    };
    run_at_every_level(&module, &[], b"", &(0..4000).map(line).collect::<String>());
    compile("iovec.mbt", &["iovec"]);
    assert_is_checked_in(&module, "moonbit");
}

/// Links the text of a module with options.
fn link(text: &str, options: &[&str], output: &Path) {
    let input = output.with_extension("wat");
    std::fs::write(&input, text).unwrap();
    succeed(support::linmem().arg("link").args(options).arg(&input).arg("-o").arg(output));
}

/// A module with regions, a fill of variable size, and the custom sections that LLVM's linker leaves without names.
const LINKED: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 i64) (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (func (export "f") (param $n i32) (local $r i32) (local $s i64)
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (local.get $n)))
    (call $fill (local.get $s) (i32.const 0) (local.get $n) (i32.const 7))
    (drop (call $write (i32.const 1) (local.get $s)))
    (call $free (local.get $r)))
  (@custom "producers" "\01\08language\01\04Demo\011")
  (@custom "target_features" "\01+\0fmutable-globals"))"#;

#[test]
fn llvm_tools_read_linked_module() {
    let Some(tool) = ["llvm-objdump-19", "llvm-objdump"].into_iter().find(|tool| exists(tool)) else {
        return skip("LLVM's tools", "llvm-objdump is not installed");
    };
    let dir = tempfile::tempdir().unwrap();
    let module = dir.path().join("module.wasm");
    for options in [&["--safety", "none"][..], &["--safety", "temporal", "--on-violation", "report"]] {
        link(LINKED, options, &module);
        let printed = succeed(Command::new(tool).arg("-h").arg(&module)).stdout;
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let order: Vec<&str> = ["name ", "producers ", "target_features "]
            .into_iter()
            .filter(|name| printed.contains(&format!(" {name}")))
            .collect();
        assert_eq!(order.len(), 3, "{printed}");
    }
}

#[test]
fn binaryen_accepts_declared_features() {
    let Some(modules) = package("binaryen") else {
        return skip("binaryen", "node, or the package binaryen in tests/toolchains, is not installed");
    };
    let dir = tempfile::tempdir().unwrap();
    let module = dir.path().join("module.wasm");
    link(LINKED, &["--safety", "temporal"], &module);
    let optimize = |module: &Path| {
        let mut command = Command::new("node");
        command.arg(modules.join("binaryen/bin/wasm-opt")).arg("-O2").arg(module);
        command.arg("-o").arg(dir.path().join("optimized.wasm")).output().unwrap()
    };
    let output = optimize(&module);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // binaryen rejects the module if a feature is missing.
    let mut bytes = std::fs::read(&module).unwrap();
    let position = bytes.windows(13).position(|window| window == b"+\x0bbulk-memory").expect("the feature is listed");
    bytes[position] = b'-';
    std::fs::write(&module, &bytes).unwrap();
    assert!(!optimize(&module).status.success(), "without the feature, the module is rejected");
}
