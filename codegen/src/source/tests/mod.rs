//! Tests of lines. They share `listing`, which finds instructions, and `lines`, which contains hand-written line
//! tables.

#[cfg(feature = "dwarf")]
mod binary;
mod features;
#[cfg(feature = "dwarf")]
mod hostile;
#[cfg(feature = "dwarf")]
mod lines;
#[cfg(any(feature = "text", feature = "dwarf"))]
mod listing;
#[cfg(feature = "text")]
mod text;

use crate::error::Place;
use crate::source_line::SourceLine;

#[test]
fn line_display_is_clickable_in_editors() {
    let line = |file: Option<&str>, column| SourceLine { file: file.map(str::to_string), line: 14, column };
    assert_eq!(line(Some("src/main.rs"), 5).to_string(), "src/main.rs:14:5");
    assert_eq!(line(Some("src/main.rs"), 0).to_string(), "src/main.rs:14");
    assert_eq!(line(None, 5).to_string(), "line 14");
    let place = |source: Option<SourceLine>| {
        Place::Instruction { function: "$main".to_string(), offset: 0x2a, source: source.map(Box::new) }.to_string()
    };
    assert_eq!(place(Some(line(Some("src/x.rs"), 0))), "in $main at src/x.rs:14");
    assert_eq!(place(Some(line(None, 5))), "in $main at line 14");
    assert_eq!(place(None), "in $main at offset 0x2a");
}
