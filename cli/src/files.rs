//! Reading modules, and writing them all or not at all.

use linmem::wat;
use std::io::{Read, Write};
use std::path::Path;

/// The path that stands for standard input or output.
const STANDARD: &str = "-";

/// A module in the binary format, from a file of either format.
pub(crate) fn read_module(path: &Path) -> Result<Vec<u8>, String> {
    let place = name(path);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == STANDARD {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|contents| bytes = contents)
    };
    read.map_err(|error| format!("{place}: cannot be read: {error}"))?;
    let module = wat::parse(&bytes).map_err(|error| format!("{place}: {error}"))?;
    Ok(module.into_owned())
}

/// What messages call a file.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == STANDARD { "standard input".to_string() } else { path.display().to_string() }
}

/// Writes a file as a whole: what was there before stays if anything fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: cannot be written: {error}", path.display());
    if path.as_os_str() == STANDARD {
        let mut output = std::io::stdout().lock();
        return output.write_all(bytes).and_then(|()| output.flush()).map_err(fail);
    }
    // Something that is not a plain file (a pipe, a device) cannot be replaced, only written to.
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return std::fs::write(path, bytes).map_err(fail);
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".linmem").tempfile_in(directory).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    set_permissions(file.as_file(), path).map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Gives the new file the permissions of the one that it replaces, or those that new files have.
fn set_permissions(file: &std::fs::File, path: &Path) -> std::io::Result<()> {
    if let Ok(metadata) = std::fs::metadata(path) {
        return file.set_permissions(metadata.permissions());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is its owner's alone; there is no way to ask for the usual mode but to make a file with it.
        let directory = tempfile::tempdir()?;
        let usual = std::fs::File::create(directory.path().join("usual"))?.metadata()?.permissions().mode();
        file.set_permissions(std::fs::Permissions::from_mode(usual))?;
    }
    Ok(())
}
