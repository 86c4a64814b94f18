//! What `run --trace` prints.

use crate::{example, expect, linmem, root};
use std::path::Path;

/// Runs a text with `--trace`, and returns the exit status and what was printed to standard error.
fn run(dir: &Path, name: &str, text: &str, options: &[&str]) -> (Option<i32>, String) {
    std::fs::write(dir.join(name), text).unwrap();
    let output = linmem(&[&["run", "--trace"], options, &[name]].concat(), dir, b"");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

const FREED: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
  (func $main (export "_start") (local $region i32) (local $number i64)
    (local.set $region (call $new))
    (local.set $number (call $allocate (local.get $region) (i32.const 16)))
    (call $free (local.get $region))
    (drop (call $getInt (local.get $number) (i32.const 4)))
    (drop (call $getInt (local.get $number) (i32.const 4)))))
"#;

#[test]
fn finding_shows_lines_of_its_places() {
    let dir = tempfile::tempdir().unwrap();
    let (status, errors) = run(dir.path(), "freed.wat", FREED, &[]);
    assert_eq!(status, Some(1));
    let expected = "\
error: MemorySegment.getInt: reads 4 bytes at address 28, in the freed allocation of 16 bytes at address 24
  --> freed.wat:10:5
   |
 8 |     (local.set $number (call $allocate (local.get $region) (i32.const 16)))
   |     ----------------------------------------------------------------------- allocated here, in $main
 9 |     (call $free (local.get $region))
   |     -------------------------------- freed here, in $main
10 |     (drop (call $getInt (local.get $number) (i32.const 4)))
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here, in $main
";
    assert!(errors.starts_with(expected), "{errors}");
    assert_eq!(errors.matches("error: ").count(), 2, "{errors}");
}

#[test]
fn texts_of_a_call_are_no_leaks() {
    let text = r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemorySegment.size" (func $size (param i64) (result i32)))
      (func (export "f") (param i64 i64) (result i32)
        (i32.add (call $size (local.get 0)) (call $size (local.get 1))))
      (func $leaks (export "leaks") (param i64) (result i32)
        (call $new)))"#;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("f.wat"), text).unwrap();
    let output = linmem(&["run", "--trace", "--invoke", "f", "f.wat", "utf8:abc", "utf8:de"], dir.path(), b"");
    expect(&output, 0, "5\n");
    let output = linmem(&["run", "--trace", "--invoke", "leaks", "f.wat", "utf8:abc"], dir.path(), b"");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors.matches("error: ").count(), 1, "{errors}");
    assert!(errors.contains("opened here, in $leaks"), "{errors}");
}

#[test]
fn document_shows_what_is_printed() {
    let output = linmem(&["run", "--trace", "examples/use_after_free.wat"], &root(), b"");
    assert_eq!(output.status.code(), Some(1));
    let document = std::fs::read_to_string(root().join("docs/audit.md")).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(document.contains(&format!("use_after_free.wat\n{}\n```", errors.trim_end())), "{errors}");
}

#[test]
fn finding_without_lines_names_offsets() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("freed.wat"), FREED).unwrap();
    let binary = linmem::wat::parse(FREED.as_bytes()).unwrap().into_owned();
    std::fs::write(dir.path().join("freed.wasm"), &binary).unwrap();
    let output = linmem(&["run", "--trace", "freed.wasm"], dir.path(), b"");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    let offset = |role: &str| {
        let line = errors.lines().find(|line| line.contains(role)).unwrap_or_else(|| panic!("{errors}"));
        let (_, offset) = line.split_once("$main, at offset 0x").unwrap_or_else(|| panic!("{errors}"));
        usize::from_str_radix(offset.strip_suffix(" of freed.wasm").unwrap(), 16).unwrap()
    };
    const CALL: u8 = 0x10;
    let calls = ["here, in", "allocated here, in", "freed here, in"].map(|role| {
        let at = offset(role);
        (binary[at], binary[at + 1])
    });
    assert_eq!(calls, [(CALL, 3), (CALL, 1), (CALL, 2)]);
}

#[test]
fn status_and_findings_do_not_depend_on_how_program_ends() {
    let dir = tempfile::tempdir().unwrap();
    let ending = |end: &str| {
        let text = FREED.replace(
            "(module\n",
            "(module\n  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))\n",
        );
        let text = text.replace("(i32.const 4)))))", &format!("(i32.const 4))) {end}))"));
        run(dir.path(), "ends.wat", &text, &[])
    };
    for (end, expected) in
        [("", 1), ("(call $exit (i32.const 0))", 1), ("(call $exit (i32.const 7))", 7), ("(unreachable)", 1)]
    {
        let (status, errors) = ending(end);
        assert_eq!(status, Some(expected), "{end}: {errors}");
        assert_eq!(errors.matches("in the freed allocation of 16 bytes").count(), 2, "{end}: {errors}");
    }
    // A region that is open is a leak if the program ends by itself.
    let leak = |end: &str| FREED.replace("    (call $free (local.get $region))\n", &format!("    {end}\n"));
    let (status, errors) = run(dir.path(), "leak.wat", &leak("(return)"), &[]);
    assert_eq!(status, Some(1));
    assert!(
        errors.starts_with("error: a region is still open at the end of the program\n --> leak.wat:7:5\n"),
        "{errors}"
    );
    let (_, errors) = run(dir.path(), "trap.wat", &leak("(unreachable)"), &[]);
    assert!(!errors.contains("still open"), "{errors}");
}

#[test]
fn often_found_mistake_is_printed_once() {
    let dir = tempfile::tempdir().unwrap();
    let text = FREED.replace(
        "(drop (call $getInt (local.get $number) (i32.const 4)))\n",
        "(loop $next
      (drop (call $getInt (local.get $number) (i32.const 4)))
      (br_if $next (i32.lt_u (local.tee $region (i32.add (local.get $region) (i32.const 1))) (i32.const 1000))))\n",
    );
    let (_, errors) = run(dir.path(), "loop.wat", &text, &[]);
    assert!(errors.contains("= note: found 9"), "{errors}");
    assert_eq!(errors.matches("error: ").count(), 2, "{errors}");
}

#[test]
fn names_and_lines_cannot_contain_terminal_escapes() {
    let dir = tempfile::tempdir().unwrap();
    let text = FREED
        .replace("$main ", "$\"\\1b[31m\" ")
        .replace("(call $free (local.get $region))", "(call $free (local.get $region)) (; \u{1b}[31m\u{7} ;)");
    let (status, errors) = run(dir.path(), "escapes.wat", &text, &[]);
    assert_eq!(status, Some(1), "{errors}");
    assert!(errors.contains("freed here"), "{errors}");
    assert!(!errors.chars().any(|char| char.is_control() && char != '\n'), "{errors:?}");
}

#[test]
fn examples_have_no_findings() {
    let dir = tempfile::tempdir().unwrap();
    for (name, arguments, input) in [
        ("hello.wat", &[][..], ""),
        ("echo.wat", &["a", "b"], ""),
        ("cat.wat", &[], "some text"),
        ("gc_string.wat", &[], ""),
        ("nested.wat", &[], ""),
        ("sha256sum.wat", &[], "some text"),
    ] {
        let plain = linmem(&[&["run", &*example(name)], arguments].concat(), dir.path(), input.as_bytes());
        for level in ["none", "spatial", "temporal"] {
            let options = ["run", "--trace", "--safety", level, &*example(name)];
            let traced = linmem(&[&options, arguments].concat(), dir.path(), input.as_bytes());
            assert_eq!(String::from_utf8_lossy(&traced.stderr), "", "{name} {level}");
            expect(&traced, 0, &String::from_utf8_lossy(&plain.stdout));
        }
    }
}
