//! Reads files, writes them atomically, and prints to standard output.

use std::io::{Read, Write};
use std::path::Path;

/// The path that denotes standard input or output.
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

/// The name of a file in messages.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == STANDARD { "standard input".to_string() } else { path.display().to_string() }
}

/// Writes a whole file; if writing fails, the previous contents are kept.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |error: std::io::Error| {
        // Only the kind, since the full error may name a temporary file that the user does not know.
        format!("{}: cannot be written: {}", path.display(), error.kind())
    };
    if path.as_os_str() == STANDARD {
        let mut output = std::io::stdout().lock();
        return output.write_all(bytes).and_then(|()| output.flush()).map_err(fail);
    }
    // Keep a symbolic link, and write its target.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let existing = std::fs::metadata(&target).ok();
    // A file that is not regular (a pipe, a device) cannot be replaced, only written to.
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
        // The default mode of a new file; the operating system applies the umask.
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

/// Prints to standard output; a broken pipe is not an error.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}
