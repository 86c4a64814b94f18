//! Compares the example `sha256sum.wat` with coreutils' sha256sum.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LEVELS: [&str; 3] = ["none", "spatial", "temporal"];

/// A temporary folder of one test, removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Creates a file of pseudo-random bytes.
    fn file(&self, name: &str, bytes: usize) {
        let mut file = File::create(self.0.join(name)).unwrap();
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64 ^ bytes as u64;
        let block: Vec<u8> = (0..bytes.min(1 << 20))
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 56) as u8
            })
            .collect();
        let mut left = bytes;
        while left > 0 {
            let part = left.min(block.len());
            file.write_all(&block[..part]).unwrap();
            left -= part;
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(program: &mut Command, folder: &Folder, args: &[&str], input: &[u8]) -> Output {
    support::output(program.args(args).current_dir(&folder.0).env("LC_ALL", "C"), input)
}

fn ours(level: &str) -> Command {
    let mut command = support::linmem();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/sha256sum.wat");
    command.args(["run", "--safety", level, "--dir", "."]).arg(example);
    command
}

/// Expects both programs to print the same to both outputs, and to exit with the same status.
#[track_caller]
fn compare(folder: &Folder, args: &[&str], input: &[u8], status: i32) {
    let theirs = run(&mut Command::new("sha256sum"), folder, args, input);
    assert_eq!(theirs.status.code(), Some(status), "{theirs:?}");
    for level in LEVELS {
        let ours = run(&mut ours(level), folder, args, input);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&ours.stdout), text(&theirs.stdout), "at {level}");
        assert_eq!(text(&ours.stderr), text(&theirs.stderr), "at {level}");
        assert_eq!(ours.status.code(), theirs.status.code(), "at {level}");
    }
}

#[test]
fn files_of_all_sizes() {
    let folder = Folder::new("sha256sum-sizes");
    let sizes = [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 65_471, 65_535, 65_536, 65_537, 1_000_000];
    let names: Vec<String> = sizes.iter().map(|size| format!("f{size}")).collect();
    for (name, size) in names.iter().zip(sizes) {
        folder.file(name, size);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    compare(&folder, &names, b"", 0);
}

#[test]
fn large_file() {
    let folder = Folder::new("sha256sum-large");
    folder.file("large", 200_000_000);
    compare(&folder, &["large"], b"", 0);
}

#[test]
fn standard_input_and_unreadable_files() {
    let folder = Folder::new("sha256sum-odd");
    folder.file("here", 100);
    std::fs::create_dir(folder.0.join("folder")).unwrap();
    compare(&folder, &[], b"abc", 0);
    compare(&folder, &["-"], &[7; 100_000], 0);
    compare(&folder, &["here", "missing", "-", "folder", "here"], b"", 1);
}

#[test]
fn unusual_file_names() {
    let folder = Folder::new("sha256sum-names");
    let long = "n".repeat(255);
    let names = ["a b", "back\\slash", "line\nfeed", "return\r", "\u{fc}\u{4e2d}", "..dots", long.as_str()];
    for name in names {
        folder.file(name, name.len());
    }
    compare(&folder, &names, b"", 0);
}
