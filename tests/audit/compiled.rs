//! The same for programs in C, whose lines are in DWARF, and in AssemblyScript, which has only the names of functions. If a
//! compiler is missing, its programs are skipped with a message.

use crate::planted::{audit, bugs, lines};
use crate::support;
use linmem::{Config, Optimize, Safety};
use linmem_host::audit::Finding;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Prints what is skipped and why. With `LINMEM_NO_SKIPS`, a skip is an error.
fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("LINMEM_NO_SKIPS").is_none(), "{what}: {why}");
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
}

fn exists(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

#[track_caller]
fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn read(name: &str) -> String {
    std::fs::read_to_string(support::root().join("tests/audit/bugs").join(name)).unwrap()
}

#[test]
fn planted_bugs_in_c_are_found_with_their_lines() {
    if !exists("clang-19") || !Path::new("/usr/bin/wasm-ld-19").exists() {
        return skip("C", "clang-19 and wasm-ld-19 are not installed");
    }
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("bugs.wasm");
    let bugs = bugs(&read("bugs.c"), ["EXPORT(", ")", "static "]);
    assert!(bugs.len() >= 10, "{} bugs", bugs.len());
    let mut wrong = Vec::new();
    for (options, safety) in
        [("-O0", Safety::None), ("-O0", Safety::Spatial), ("-O0", Safety::Temporal), ("-Og", Safety::None)]
    {
        let mut command = Command::new("clang-19");
        command.args(["-fuse-ld=/usr/bin/wasm-ld-19", "--target=wasm32-unknown-unknown", "-nostdlib", "-fno-builtin"]);
        command.args(["-Wl,--no-entry", "-Wl,-zstack-size=65536", "-g", options, "-I"]);
        command.arg(support::root().join("tests/toolchains/c")).arg("-o").arg(&output);
        succeed(command.arg(support::root().join("tests/audit/bugs/bugs.c")));
        let optimize = if options == "-O0" { Optimize::Speed } else { Optimize::Size };
        let config = Config::new().with_safety(safety).with_optimize(optimize).with_trace(true);
        let traced = linmem::link(&std::fs::read(&output).unwrap(), &config).unwrap();
        let sites = linmem::sites::read(&traced);
        let module = support::host::compile(&traced);
        for (name, bug) in bugs.iter().filter(|(_, bug)| bug.levels.contains(&safety)) {
            let found = audit(&module, name);
            let found: Vec<_> =
                found.iter().map(|finding| (format!("{:?}", finding.kind), lines(finding, &sites))).collect();
            let expected = (bug.kind.clone(), bug.lines);
            if found != [expected.clone()] {
                wrong.push(format!("{name} {options} {safety}: expected {expected:?}, found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn planted_bugs_in_assemblyscript_are_found_with_their_functions() {
    let modules = support::root().join("tests/toolchains/node_modules");
    if !exists("node") || !modules.join("assemblyscript").exists() {
        return skip("AssemblyScript", "node, or the package assemblyscript in tests/toolchains, is not installed");
    }
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("bugs.wasm");
    let bugs = bugs(&read("bugs.ts"), ["export function ", "(", "function "]);
    assert!(bugs.len() >= 7, "{} bugs", bugs.len());
    let mut command = Command::new("node");
    command.arg(modules.join("assemblyscript/bin/asc.js")).arg(support::root().join("tests/audit/bugs/bugs.ts"));
    command.arg("-o").arg(&output).args(["--use", "abort=", "--runtime", "minimal", "-O0", "--debug"]);
    succeed(&mut command);
    let mut wrong = Vec::new();
    for safety in Safety::ALL {
        let config = Config::new().with_safety(*safety).with_trace(true);
        let traced = linmem::link(&std::fs::read(&output).unwrap(), &config).unwrap();
        let sites = linmem::sites::read(&traced);
        let module = support::host::compile(&traced);
        for (name, bug) in &bugs {
            // This level stops the program.
            if *safety == Safety::Temporal && bug.kind == "DoubleFree" {
                continue;
            }
            let functions = |finding: &Finding| {
                [finding.access, finding.allocation, finding.free].map(|site| {
                    let name = sites.get(site? as usize)?.name.clone()?;
                    Some(name.rsplit('/').next().unwrap_or_default().to_string())
                })
            };
            let starts = |name: &Option<String>, word: &str| name.as_ref().is_none_or(|name| name.starts_with(word));
            let found = audit(&module, name);
            let is_right = match &found[..] {
                [finding] => {
                    let [access, allocation, free] = functions(finding);
                    let places = [access.is_some(), allocation.is_some(), free.is_some()];
                    let expected = match bug.kind.as_str() {
                        "Overlap" => [true, true, false],
                        "Leak" => [false, true, false],
                        _ => [true; 3],
                    };
                    format!("{:?}", finding.kind) == bug.kind
                        && places == expected
                        && starts(&access, "access")
                        && starts(&allocation, "allocation")
                        && starts(&free, "free")
                }
                _ => false,
            };
            if !is_right {
                let found: Vec<_> = found.iter().map(|finding| (finding.kind, functions(finding))).collect();
                wrong.push(format!("{name} {safety}: found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
