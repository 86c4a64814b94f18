//! Every file under `tests/filetests`: its lowered text is a golden, and its expectations hold when it runs. Files under
//! `reject` must not link, with their message as the golden.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use support::testfile::TestFile;

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
        let representations = match TestFile::read(&path) {
            Ok(file) if !file.representations.is_empty() => file.representations,
            _ => vec![String::new()],
        };
        for representation in representations {
            let suffix = if representation.is_empty() { String::new() } else { format!("@{representation}") };
            let (path, relative) = (path.clone(), relative.clone());
            trials.push(Trial::test(format!("{name}{suffix}"), move || accept(&path, &relative, &representation)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A file that links and runs.
fn accept(path: &Path, relative: &Path, representation: &str) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    let module = linmem::wat::parse(file.expand(representation).as_bytes())?.into_owned();
    let linked = linmem::link(&module, &file.config)?;
    assert_eq!(linked, linmem::link(&module, &file.config)?, "the same input gives the same bytes");
    assert_eq!(linked, linmem::link(&linked, &file.config)?, "linking is idempotent");
    golden(relative, representation, &linmem::wat::print(&linked)?);
    file.run(&linked)?;
    Ok(())
}

/// A file that does not link.
fn reject(path: &Path, relative: &Path) -> Result<(), Failed> {
    let file = TestFile::read(path)?;
    let linked = linmem::wat::parse(file.text.as_bytes()).and_then(|module| linmem::link(&module, &file.config));
    match linked {
        Ok(_) => Err("this should not link".into()),
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "a message is one line: {error}");
            golden(relative, "", &error.to_string());
            Ok(())
        }
    }
}

fn golden(relative: &Path, representation: &str, contents: &str) {
    let dir = relative.parent().map(Path::to_path_buf).unwrap_or_default();
    let stem = relative.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = if representation.is_empty() { stem } else { format!("{stem}@{representation}") };
    let _guard = support::goldens(PathBuf::from("filetests").join(dir));
    insta::assert_snapshot!(name, contents);
}
