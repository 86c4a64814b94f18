//! Text that is safe to print, since names in a module can contain anything.

use std::fmt::Write as _;

/// A message of several lines for a terminal, in which names cannot act as terminal escape sequences. Line feeds are kept.
pub(crate) fn printable(message: &str) -> String {
    escaped(message, |char| if char == '\n' { "\n".to_string() } else { char.escape_default().to_string() })
}

/// A name or a message as a part of one line.
pub(crate) fn on_one_line(text: &str) -> String {
    escaped(text, |char| char.escape_default().to_string())
}

/// A text in JSON, in which only strings can contain the characters that are escaped. Line feeds are kept: they are between
/// the elements.
pub(crate) fn printable_json(text: &str) -> String {
    escaped(text, |char| {
        let mut out = String::new();
        let mut units = [0; 2];
        for unit in char.encode_utf16(&mut units) {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
        if char == '\n' { "\n".to_string() } else { out }
    })
}

/// Replaces the characters that change how the text around them is shown.
fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if is_unsafe(char) {
            out += &escape(char);
        } else {
            out.push(char);
        }
    }
    out
}

/// Whether a character controls a terminal, changes the direction of text or ends a line, or cannot be in XML.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidirectional_characters_are_escaped() {
        let text = "é\u{1b}[1m\u{9b}\u{202e}\u{2066}\u{61c}\u{2028}\u{fffe}🦀\n";
        let shown = "é\\u{1b}[1m\\u{9b}\\u{202e}\\u{2066}\\u{61c}\\u{2028}\\u{fffe}🦀";
        assert_eq!(printable(text), format!("{shown}\n"));
        assert_eq!(on_one_line(text), format!("{shown}\\n"));
    }

    #[test]
    fn json_has_the_same_value() {
        let text = "a\u{7f}\u{9b}\u{202e}\n\u{fffe}🦀";
        let json = printable_json(&format!("{:#}\n", serde_json::json!([text])));
        assert_eq!(json, "[\n  \"a\\u007f\\u009b\\u202e\\n\\ufffe🦀\"\n]\n");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        assert_eq!(value[0], text);
    }
}
