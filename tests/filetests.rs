//! Every file under `tests/filetests` links to a valid module, and its expectations hold when it runs. The golden shows the lowered
//! functions of the program: those of all representations as variants, with one line for each sequence of `sequences`. The folders
//! differ:
//!
//! - `link`, `regions`, `static`: the golden also shows the rest of the module;
//! - `matrix`: the file is lowered with every choice; host calls only run, since `tests/helpers` makes their goldens;
//! - `certain`, `share`: the golden contains the warnings of linking;
//! - `check`: the file is checked, and the golden contains all findings;
//! - `unwind`, `static`: the file is linked and run at every safety level, with every nesting policy and with every zeroing mode.
//!   Files in `unwind/legacy` are only linked, since wasmtime has no legacy exception handling: `tests/node` runs them;
//! - `reject`: linking must fail, and the golden is the message.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use linmem::{Config, StaticFrames, Zero};
use linmem_codegen::planted::{Optimization, turn_off};
use std::path::{Path, PathBuf};
use support::choices::Universe;
use support::derive::Source;
use support::shown::{self, Part};
use support::testfile::{Instances, TestFile};
use support::{rules, sequences, variants};

fn main() {
    linmem_codegen::planted::always_for_size();
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
        if relative.starts_with("sequences") {
            trials.push(Trial::test(name, move || sequence(&path, &relative)));
            continue;
        }
        let test = if relative.starts_with("matrix") { matrix } else { accept };
        trials.push(Trial::test(name, move || test(&path, &relative)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Links and runs a file with each of its representations.
fn accept(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    turn_off(file.calls_wrappers.then_some(Optimization::Wrappers));
    let representations =
        if file.representations.is_empty() { vec![String::new()] } else { file.representations.clone() };
    let mut warned = String::new();
    let mut shown = Vec::new();
    for representation in &representations {
        let text = file.expand(representation);
        let linked = link(&text, &file.config)?;
        assert_eq!(linked, linmem::link(&linked, &file.config)?, "linking is idempotent");
        let safety = file.config.safety_of(support::representation(representation));
        if relative.starts_with("unwind") || relative.starts_with("static") {
            everywhere(&file, &text, representation, !relative.starts_with("unwind/legacy"))?;
        } else {
            file.run(&linked, safety, representation, Instances::One)?;
            if !file.needs_regions {
                let config = file.config.clone().with_static_frames(StaticFrames::On);
                let ran = file.run(&link(&text, &config)?, safety, representation, Instances::One);
                ran.map_err(|message| format!("{representation} with static frames: {message}"))?;
            }
        }
        warned = warnings(&text, &file.config, &linked)?;
        if file.shown.is_empty() || file.shown.contains(representation) {
            shown.push(parts(relative, representation, &file.config, &linmem::wat::print(&linked)?)?);
        }
    }
    // In these folders, the golden contains the warnings.
    if relative.starts_with("certain") || relative.starts_with("share") {
        golden(relative, &warned);
        return Ok(());
    }
    let representations = if file.shown.is_empty() { representations } else { file.shown };
    if shown.len() != representations.len() {
        return Err("the golden shows a representation that the file does not have".into());
    }
    generalize(&representations, &mut shown);
    let choices = representations.into_iter().map(|representation| vec![representation]).collect();
    golden(relative, &variants::render(&Universe::new(&[""], choices), &shown));
    Ok(())
}

/// Links a file in every configuration that tracks regions differently, and runs it there if `runs` is set.
fn everywhere(file: &TestFile, text: &str, representation: &str, runs: bool) -> Result<(), Failed> {
    for (safety, nesting) in support::levels(support::representation(representation)) {
        if !file.policies.contains(&nesting) {
            continue;
        }
        for (zero, frames) in Zero::ALL.iter().flat_map(|zero| FRAMES.map(|frames| (zero, frames))) {
            let config = file.config.clone().with_safety(safety).with_nesting(nesting).with_zero(*zero);
            let linked = link(text, &config.with_static_frames(frames))?;
            if runs {
                let ran = file.run(&linked, safety, representation, Instances::One);
                ran.map_err(|message| format!("{representation} {safety} {nesting} {zero} {frames}: {message}"))?;
            }
        }
    }
    Ok(())
}

/// With and without static frames.
const FRAMES: [StaticFrames; 2] = [StaticFrames::Off, StaticFrames::On];

/// Links a file to a valid module.
fn link(text: &str, config: &Config) -> Result<Vec<u8>, Failed> {
    let linked = linmem::link(text.as_bytes(), config)?;
    assert_eq!(linked, linmem::link(text.as_bytes(), config)?, "the same input gives the same bytes");
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&linked)?;
    Ok(linked)
}

/// The parts of a printed module that a golden shows: the program's own functions, with `{seg}` for the type of segments, and in
/// some folders the rest of the module.
fn parts(relative: &Path, representation: &str, config: &Config, printed: &str) -> Result<Vec<Part>, Failed> {
    let mut parts = Vec::new();
    if ["link", "regions", "static"].iter().any(|folder| relative.starts_with(folder)) {
        parts.push(shown::shell(printed, relative.starts_with("link")));
    }
    let sequences = sequences::of(representation, config)?;
    // Most files of this folder have the same functions that throw and measure.
    let is_common = |part: &Part| {
        let common = ["func $throws ", "func $top ", "func $leak "];
        relative.starts_with("unwind") && common.iter().any(|name| part.head.starts_with(name))
    };
    for mut part in shown::functions(printed).into_iter().filter(|part| !part.is_helper() && !is_common(part)) {
        part.head = sequences::generalize(representation, &part.head);
        part.text = sequences::generalize(representation, &part.text);
        sequences::fold(&sequences, &mut part);
        part.text = shown::pack(&part.text);
        parts.push(part);
    }
    Ok(parts)
}

/// The golden of a sequence: its instructions with every representation, at every safety level, with every nesting policy and
/// with each option that changes it.
fn sequence(path: &Path, relative: &Path) -> Result<(), Failed> {
    let source = Source::read(path)?;
    let mut choices = Vec::new();
    let mut texts = Vec::new();
    for word in ["i32", "i64", "anyref"] {
        for (safety, nesting) in support::levels(support::representation(word)) {
            for option in sequences::OPTIONS {
                let config = sequences::configure(safety, nesting, option);
                let found = source
                    .derive(word, &config)
                    .map_err(|message| format!("{word} {safety} {nesting} {option}: {message}"))?;
                texts.push(found.map_or_else(String::new, |found| found.text()));
                choices.push(vec![word.to_string(), safety.to_string(), nesting.to_string(), option.to_string()]);
            }
        }
    }
    let universe = Universe::new(&["", "--safety", "--nesting", ""], choices);
    golden(relative, &variants::variants(&universe, &texts));
    Ok(())
}

/// The warnings of linking, one on each line.
fn warnings(text: &str, config: &Config, linked: &[u8]) -> Result<String, Failed> {
    let again = linmem::link_with_warnings(text.as_bytes(), config)?;
    assert_eq!(again.module, linked, "warnings change nothing");
    Ok(again.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect())
}

/// Writes `{seg}` for the type of segments.
fn generalize(representations: &[String], shown: &mut [Vec<Part>]) {
    let mut choices: Vec<_> = representations.iter().map(String::as_str).zip(shown.iter_mut()).collect();
    shown::generalize(&mut choices);
}

/// Runs a file of the matrix with every representation, at every safety level and with every nesting policy. The golden shows the
/// lowered functions; that of an accessor shows the lines to replace in the golden of another accessor. `tests/helpers` makes the
/// goldens of host calls.
fn matrix(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    turn_off(file.calls_wrappers.then_some(Optimization::Wrappers));
    let mut modules = Vec::new();
    for (representation, safety, nesting) in file.choices() {
        let config = file.config.clone().with_safety(safety).with_nesting(nesting);
        let text = file.expand(&representation);
        let linked = if nesting == file.config.nesting {
            link(&text, &config)?
        } else {
            linmem::link(text.as_bytes(), &config)?
        };
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&linked)?;
        if nesting == file.config.nesting {
            assert_eq!(linked, linmem::link(&linked, &config)?, "linking is idempotent");
        }
        if file.runs(&representation, nesting) {
            let ran = file.run(&linked, safety, &representation, Instances::Fresh);
            ran.map_err(|message| format!("{representation} {safety} {nesting}: {message}"))?;
            if !file.needs_regions {
                let framed = linmem::link(text.as_bytes(), &config.with_static_frames(StaticFrames::On))?;
                let ran = file.run(&framed, safety, &representation, Instances::Fresh);
                ran.map_err(|message| format!("{representation} {safety} {nesting} with static frames: {message}"))?;
            }
        }
        modules.push(linked);
    }
    let name = relative.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if name.starts_with("wasi.") {
        return Ok(());
    }
    let (universe, shown) = lowered(&file, relative, modules)?;
    // Accessors differ in their loads and stores.
    let base = match name.strip_prefix("MemorySegment.set") {
        Some(access) => Some(format!("MemorySegment.get{access}")),
        None if name.starts_with("MemorySegment.get") => Some("MemorySegment.getInt".to_string()),
        None => None,
    };
    let Some(base) = base.filter(|base| *base != name) else {
        golden(relative, &variants::render(&universe, &shown));
        return Ok(());
    };
    let file = TestFile::read(&path.with_file_name(format!("{base}.wat")))?;
    let mut modules = Vec::new();
    for (representation, safety, nesting) in file.choices() {
        let config = file.config.clone().with_safety(safety).with_nesting(nesting);
        modules.push(linmem::link(file.expand(&representation).as_bytes(), &config)?);
    }
    let (_, of_base) = lowered(&file, relative, modules)?;
    golden(relative, &format!(";; {base}, with\n{}", rules::render(&universe, &of_base, &shown)?));
    Ok(())
}

/// The lowered functions of a file of the matrix, with each choice that its golden shows.
fn lowered(file: &TestFile, relative: &Path, modules: Vec<Vec<u8>>) -> Result<(Universe, Vec<Vec<Part>>), Failed> {
    let (mut choices, mut shown, mut representations) = (Vec::new(), Vec::new(), Vec::new());
    for ((representation, safety, nesting), linked) in file.choices().into_iter().zip(modules) {
        if !file.shown.is_empty() && !file.shown.contains(&representation) {
            continue;
        }
        let config = file.config.clone().with_safety(safety).with_nesting(nesting);
        let mut functions = parts(relative, &representation, &config, &linmem::wat::print(&linked)?)?;
        functions.retain(|function| file.shows(&function.head));
        shown.push(functions);
        representations.push(representation.clone());
        choices.push(vec![representation, safety.to_string(), nesting.to_string()]);
    }
    generalize(&representations, &mut shown);
    Ok((Universe::new(&["", "--safety", "--nesting"], choices), shown))
}

/// Expects that a file does not link.
fn reject(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    match linmem::link(file.text.as_bytes(), &file.config) {
        Ok(_) => Err("the file must not link".into()),
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "a message is one line: {error}");
            golden(relative, &error.to_string());
            Ok(())
        }
    }
}

/// Checks a file. The golden has a line for each finding.
fn findings(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    let found: Vec<String> =
        linmem::check(file.text.as_bytes(), &file.config).iter().map(ToString::to_string).collect();
    golden(relative, if found.is_empty() { "nothing".to_string() } else { found.join("\n") }.as_str());
    Ok(())
}

fn golden(relative: &Path, contents: &str) {
    let dir = relative.parent().map(Path::to_path_buf).unwrap_or_default();
    let name = relative.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let _guard = support::goldens(PathBuf::from("filetests").join(dir));
    insta::assert_snapshot!(name, contents);
}
