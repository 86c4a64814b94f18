//! Test files: WAT with options before it and expectations in it.
//!
//! ```text
//! ;;! --optimize size                  options, as on the command line; unknown ones are errors
//! ;;! representations: i32 (ref any)   the text runs once for each, with its placeholders filled in
//! ;;! shown: i32                   those of them whose code the golden contains, if not all
//! ;;! functions: f g              the exports whose code the golden contains, if not all
//! ;;! policies: stack outermost        the nesting policies that the program obeys, if not all
//! ;;! --static-frames off              the expectations depend on addresses or headers of regions; other files also run with them
//! ;;! stdin: text   ;;! transfer: 3   ;;! errnos: 27 6   ;;! pages: 4   ;;! refused: 0 1
//! ;;! directories: / /sub              WASI is the real one, with these directories: see `folder`
//! ;;! args: name one   ;;! env: A=1 B= its arguments and environment; `directories:` may be empty
//! ;; run: f(1, 2) == 3                 what an export returns
//! ;; run: g() == (1, 2.5)
//! ;; run temporal: h() == 1            what it returns at this safety level only; the other lines can have a level, too
//! ;; run checked: h() == 1             if accesses are checked; `unchecked`: if they are not
//! ;; trap: f(3)                        it traps outside of linmem
//! ;; violation: OutOfMemory f(4)       it traps in a function of this name
//! ;; report: f(5) == text (place)      it reports a violation with this text
//! ;; output: "text"                    what was written after all lines above have run
//! ;; log: 1 2 3                        what was logged
//! ```
//!
//! Placeholders: `{seg}` is the type of a segment. If segments are addresses, host calls take the size as another operand; then
//! `{bytes}` is its type `i32`, `{size:N}` the constant N, `{i32:TEXT}` the text, and `{drop}` drops the size of a result.
//! Otherwise, these four are empty. `{null}` is the instruction that tests a segment for null.

mod read;
mod run;

use linmem::{Config, Nesting, Safety};
use linmem_testing::folder::World;

/// What a line expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    Returns { call: Call, results: Vec<String> },
    Traps { call: Call },
    Violates { kind: String, call: Call },
    Reports { call: Call, text: String },
    Output(String),
    Log(Vec<i64>),
}

/// An expectation, with its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub number: usize,
    pub when: When,
    pub expectation: Expectation,
}

/// When an expectation applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// At this safety level.
    At(Safety),
    /// If accesses are checked, or if they are not.
    Checked(bool),
}

/// Whether the calls of a file share an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instances {
    One,
    /// A new one for each call, since a call may leave regions open. The output and the log are kept.
    Fresh,
}

/// A call of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: String,
    pub args: Vec<String>,
}

/// The contents of a test file.
#[derive(Clone, Debug)]
pub struct TestFile {
    pub text: String,
    pub config: Config,
    pub representations: Vec<String>,
    /// Those of them whose code the golden contains; empty if all.
    pub shown: Vec<String>,
    /// Whether the golden has calls of functions that only pass on to an intrinsic.
    pub calls_wrappers: bool,
    /// The exported functions whose code the golden of a file of the matrix contains; empty if all.
    pub functions: Vec<String>,
    /// Whether the expectations depend on addresses or headers of regions, which static frames change.
    pub needs_regions: bool,
    /// The nesting policies that the program obeys.
    pub policies: Vec<Nesting>,
    pub stdin: String,
    pub transfer: usize,
    pub errnos: Vec<i32>,
    pub pages: usize,
    pub refused: Vec<usize>,
    /// The environment of the real WASI, if the file uses it.
    pub world: Option<World>,
    pub expectations: Vec<Line>,
}

impl TestFile {
    /// The text with its placeholders filled in for a representation.
    pub fn expand(&self, representation: &str) -> String {
        expand(&self.text, representation)
    }

    /// The choices that a file of the matrix is lowered with: each of its representations, at each safety level and with each
    /// nesting policy. If one of its representations is a reference, all reference types are included.
    pub fn choices(&self) -> Vec<(String, Safety, Nesting)> {
        let references = super::references();
        let mut representations = self.representations.clone();
        if representations.iter().any(|word| references.contains(word)) {
            representations.extend(references.into_iter().filter(|word| !self.representations.contains(word)));
        }
        let mut choices = Vec::new();
        for word in representations {
            let levels = super::levels(super::representation(&word));
            choices.extend(levels.into_iter().map(|(safety, nesting)| (word.clone(), safety, nesting)));
        }
        choices
    }

    /// Whether the golden of a file of the matrix contains the function with this head.
    pub fn shows(&self, head: &str) -> bool {
        self.functions.is_empty() || self.functions.iter().any(|name| head.contains(&format!("(export \"{name}\")")))
    }

    /// Whether a file of the matrix runs with these choices. All reference types give the same code, which their golden shows, so
    /// that all except the first one run with one policy only.
    pub fn runs(&self, representation: &str, nesting: Nesting) -> bool {
        let is_variant = super::references().iter().skip(1).any(|other| other == representation);
        !is_variant || nesting == Nesting::Stack
    }
}

/// A text with its placeholders filled in for a representation.
pub fn expand(text: &str, representation: &str) -> String {
    let address = representation == "i32";
    let mut text = text.replace("{seg}", representation);
    text = text.replace("{bytes}", if address { "i32" } else { "" });
    text = text.replace("{null}", if representation == "i64" { "i64.eqz" } else { "ref.is_null" });
    text = text.replace("{drop}", if address { "(drop)" } else { "" });
    let mut fill = |placeholder: &str, before: &str, after: &str| {
        while let Some(start) = text.find(placeholder) {
            let end = start + text[start..].find('}').expect("a placeholder ends");
            let filled = format!("{before}{}{after}", &text[start + placeholder.len()..end]);
            text.replace_range(start..=end, if address { &filled } else { "" });
        }
    };
    fill("{size:", "(i32.const ", ")");
    fill("{i32:", "", "");
    text
}
