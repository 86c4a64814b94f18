//! Compilers of other languages: whether they are installed, and how they are called.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// This folder, which has the packages of npm.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/toolchains")
}

/// Prints what is skipped and why, even if the test harness captures output. With `LINMEM_NO_SKIPS`, for machines that
/// should have every tool, a skip is an error.
pub(crate) fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("LINMEM_NO_SKIPS").is_none(), "{what}: {why}");
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
}

/// Whether a command succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether a program exists.
pub(crate) fn exists(program: &str) -> bool {
    succeeds(Command::new(program).arg("--version"))
}

/// The folder `node_modules`, if node and the package are installed.
pub(crate) fn package(name: &str) -> Option<PathBuf> {
    let modules = folder().join("node_modules");
    (exists("node") && modules.join(name).exists()).then_some(modules)
}

/// Runs a command, which must succeed.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let end: Vec<&str> = errors.lines().rev().take(20).collect();
    assert!(output.status.success(), "{command:?}: {}", end.into_iter().rev().collect::<Vec<_>>().join("\n"));
    output
}

/// Whether clang can make modules.
pub(crate) fn has_clang() -> bool {
    exists("clang-19") && Path::new("/usr/bin/wasm-ld-19").exists()
}

/// The runtime library that wasi-libc needs, if both are installed.
pub(crate) fn libc() -> Option<&'static str> {
    let runtimes = [
        "/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a",
        "/usr/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a",
    ];
    let runtime = runtimes.into_iter().find(|file| Path::new(file).exists())?;
    Path::new("/usr/lib/wasm32-wasi/libc.a").exists().then_some(runtime)
}

/// Compiles a C program with clang, with or without a libc.
pub(crate) fn clang(source: &Path, output: &Path, libc: Option<&str>, options: &[&str]) {
    let mut command = Command::new("clang-19");
    command.arg("-fuse-ld=/usr/bin/wasm-ld-19").arg("-o").arg(output).arg(source);
    match libc {
        None => {
            command.args(["--target=wasm32-unknown-unknown", "-nostdlib", "-fno-builtin"]);
            command.args(["-Wl,--no-entry", "-Wl,-zstack-size=65536"])
        }
        Some(runtime) => {
            command.args(["--target=wasm32-wasi", "--sysroot=/usr", "-isystem", "/usr/include/wasm32-wasi"]);
            command.args(["-L/usr/lib/wasm32-wasi", "-nodefaultlibs", "-lc", runtime])
        }
    };
    succeed(command.args(options));
}
