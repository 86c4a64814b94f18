//! Reading files, and writing them all or not at all.

use std::io::{Read, Write};
use std::path::Path;

/// The path that stands for standard input or output.
const STANDARD: &str = "-";

/// The contents of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let place = name(path);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == STANDARD {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|contents| bytes = contents)
    };
    read.map_err(|error| format!("{place}: cannot be read: {error}"))?;
    Ok(bytes)
}

/// What messages call a file.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == STANDARD { "standard input".to_string() } else { path.display().to_string() }
}

/// Writes a file as a whole: what was there before stays if anything fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |error: std::io::Error| {
        // The kind alone: the whole error may speak of a temporary file that nobody asked for.
        format!("{}: cannot be written: {}", path.display(), error.kind())
    };
    if path.as_os_str() == STANDARD {
        let mut output = std::io::stdout().lock();
        return output.write_all(bytes).and_then(|()| output.flush()).map_err(fail);
    }
    // A link stays one, and what it leads to is written.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let existing = std::fs::metadata(&target).ok();
    // Something that is not a plain file (a pipe, a device) cannot be replaced, only written to.
    if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        return std::fs::write(&target, bytes).map_err(fail);
    }
    if existing.as_ref().is_some_and(|metadata| metadata.permissions().readonly()) {
        return Err(fail(std::io::ErrorKind::PermissionDenied.into()));
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".linmem");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What a new file has; the system takes away what the user does not want to give.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    if let Some(metadata) = existing {
        file.as_file().set_permissions(metadata.permissions()).map_err(fail)?;
    }
    file.persist(&target).map_err(|error| fail(error.error))?;
    Ok(())
}
