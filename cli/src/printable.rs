//! Messages that are safe to print on a terminal.

/// Escapes control characters, since names in a module can contain terminal escape sequences. Line feeds are kept.
pub(crate) fn printable(message: &str) -> String {
    let show = |c: char| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.to_string() };
    message.chars().map(show).collect()
}
