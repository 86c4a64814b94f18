//! Every file under `tests/filetests`: its lowered text is a golden (of most folders the program's own functions, of
//! `engine`, `helpers`, `link` and `regions` the whole module), and its expectations hold when it runs. Of files under
//! `certain` and `share` the golden is what linking says. Files under
//! `check` are checked, with all findings as the golden; files under `reject` must not link, with their message as it.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use linmem::Config;
use linmem::allocator::Nesting;
use std::path::{Path, PathBuf};
use support::testfile::{Instances, TestFile};

fn main() {
    let folder = support::root().join("tests/filetests");
    let mut trials = Vec::new();
    for path in support::files(&folder, "wat") {
        let relative = path.strip_prefix(&folder).map(Path::to_path_buf).unwrap_or_default();
        let name = relative.with_extension("").to_string_lossy().replace('\\', "/");
        if relative.starts_with("reject") {
            trials.push(Trial::test(name, move || reject(&path, &relative)));
            continue;
        }
        if relative.starts_with("check") {
            trials.push(Trial::test(name, move || findings(&path, &relative)));
            continue;
        }
        let representations = match TestFile::read(&path) {
            Ok(file) if !file.representations.is_empty() => file.representations,
            _ => vec![String::new()],
        };
        for representation in representations {
            let suffix = if representation.is_empty() { String::new() } else { format!("@{representation}") };
            let (path, relative) = (path.clone(), relative.clone());
            if relative.starts_with("matrix") {
                let (path, relative, representation) = (path.clone(), relative.clone(), representation.clone());
                let trial = move || policies(&path, &relative, &representation);
                trials.push(Trial::test(format!("{name}{suffix}.policies"), trial));
            }
            trials.push(Trial::test(format!("{name}{suffix}"), move || accept(&path, &relative, &representation)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A file that links and runs.
fn accept(path: &Path, relative: &Path, representation: &str) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    let text = file.expand(representation);
    let linked = linmem::link(text.as_bytes(), &file.config)?;
    assert_eq!(linked, linmem::link(text.as_bytes(), &file.config)?, "the same input gives the same bytes");
    assert_eq!(linked, linmem::link(&linked, &file.config)?, "linking is idempotent");
    // What is the same in every module, the helpers above all, is shown by the files of some folders only.
    let printed = linmem::wat::print(&linked)?;
    let is_short = ["matrix", "proven", "violations"].iter().any(|folder| relative.starts_with(folder));
    let shown = if relative.starts_with("certain") || relative.starts_with("share") {
        warnings(&text, &file.config, &linked)?
    } else if is_short {
        own_functions(&printed)
    } else {
        printed
    };
    golden(relative, representation, &shown);
    let instances = if relative.starts_with("matrix") { Instances::Fresh } else { Instances::One };
    let safety = file.config.safety_of(support::representation(representation));
    file.run(&linked, safety, representation, instances)?;
    Ok(())
}

/// What linking says, a line each.
fn warnings(text: &str, config: &Config, linked: &[u8]) -> Result<String, Failed> {
    let again = linmem::link_with_warnings(text.as_bytes(), config)?;
    assert_eq!(again.module, linked, "warnings change nothing");
    Ok(again.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect())
}

/// A file of the matrix, at every safety level and with every nesting policy: it runs, and what its own functions are
/// lowered to is a golden. Choices that give the same are listed together.
fn policies(path: &Path, relative: &Path, representation: &str) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    let sections = sections(&file, representation)?;
    golden(relative, &format!("{representation}.policies"), &sections);
    // Whatever a reference is declared as, it is the same code.
    let references = support::references();
    if references.iter().any(|reference| reference == representation) {
        let plain = |text: String| references.iter().fold(text, |text, reference| text.replace(reference, "{seg}"));
        let first = plain(sections);
        for other in references.iter().filter(|other| *other != representation) {
            assert_eq!(plain(self::sections(&file, other)?), first, "with {other} the code is another");
        }
    }
    Ok(())
}

/// What the functions of a file are lowered to with every choice, which is run as well.
fn sections(file: &TestFile, representation: &str) -> Result<String, Failed> {
    let text = file.expand(representation);
    let mut lowered: Vec<(String, Vec<String>)> = Vec::new();
    for (safety, nesting) in support::levels(support::representation(representation)) {
        let config = Config { safety: Some(safety), nesting, ..file.config.clone() };
        let linked = linmem::link(text.as_bytes(), &config)?;
        // The same code runs the same: of all references that are not the first, one policy is run.
        let is_variant = support::references().iter().skip(1).any(|other| other == representation);
        if !is_variant || nesting == Nesting::Stack {
            let ran = file.run(&linked, safety, representation, Instances::Fresh);
            ran.map_err(|message| format!("{safety} {nesting}: {message}"))?;
        }
        let code = own_functions(&linmem::wat::print(&linked)?);
        let choice = format!(";; --safety {safety} --nesting {nesting}");
        match lowered.iter_mut().find(|(known, _)| *known == code) {
            Some((_, choices)) => choices.push(choice),
            None => lowered.push((code, vec![choice])),
        }
    }
    let sections: Vec<String> =
        lowered.iter().map(|(code, choices)| format!("{}\n{code}", choices.join("\n"))).collect();
    Ok(sections.join("\n"))
}

/// The functions of a printed module that are not linmem's.
fn own_functions(text: &str) -> String {
    let mut out = String::new();
    let mut keeps = false;
    for line in text.lines() {
        if line.starts_with("  (") {
            keeps = line.starts_with("  (func ") && !line.starts_with("  (func $linmem.");
        }
        if keeps && line != ")" {
            out += line;
            out.push('\n');
        }
    }
    out
}

/// A file that does not link.
fn reject(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    match linmem::link(file.text.as_bytes(), &file.config) {
        Ok(_) => Err("this should not link".into()),
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "a message is one line: {error}");
            golden(relative, "", &error.to_string());
            Ok(())
        }
    }
}

/// A file that is checked: every finding is a line of the golden.
fn findings(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    let found: Vec<String> =
        linmem::check(file.text.as_bytes(), &file.config).iter().map(ToString::to_string).collect();
    golden(relative, "", if found.is_empty() { "nothing".to_string() } else { found.join("\n") }.as_str());
    Ok(())
}

fn golden(relative: &Path, representation: &str, contents: &str) {
    let dir = relative.parent().map(Path::to_path_buf).unwrap_or_default();
    let stem = relative.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // `(ref any)` is a file `ref-any`.
    let representation = representation.replace(['(', ')'], "").replace(' ', "-");
    let name = if representation.is_empty() { stem } else { format!("{stem}@{representation}") };
    let _guard = support::goldens(PathBuf::from("filetests").join(dir));
    insta::assert_snapshot!(name, contents);
}
