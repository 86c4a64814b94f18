//! Test files: WAT with options before it and expectations in it.
//!
//! ```text
//! ;;! --optimize size                  options, as on the command line; unknown ones are refused
//! ;;! representations: i32 (ref any)   the text is run once for each, with its placeholders filled in
//! ;;! stdin: text   ;;! transfer: 3   ;;! errnos: 27 6   ;;! pages: 4   ;;! refused: 0 1
//! ;;! directories: / /sub              WASI is the real one, with these directories: see `folder`
//! ;;! args: name one   ;;! env: A=1 B= what else it has; `directories:` may be empty
//! ;; run: f(1, 2) == 3                 what an export returns
//! ;; run: g() == (1, 2.5)
//! ;; run temporal: h() == 1            what it returns at one safety level alone; so for all of these
//! ;; run checked: h() == 1             where accesses are checked; `unchecked`: where they are not
//! ;; trap: f(3)                        it traps, but not in linmem
//! ;; violation: OutOfMemory f(4)       it traps in a function of this name
//! ;; report: f(5) == text (place)      it reports a violation, in these words
//! ;; output: "text"                    what was written when all lines above have run
//! ;; log: 1 2 3                        what was logged
//! ```
//!
//! Placeholders: `{seg}` is the type of a segment; `{bytes}` is `i32` where a host call takes the size next to the
//! segment, else nothing; `{size:N}` is the constant for it, `{i32:TEXT}` any other text that only such files have, and `{drop}`
//! takes the size of a segment off the stack.

mod read;
mod run;

use linmem::allocator::Nesting;
use linmem::{Config, Safety};
use linmem_testing::folder::World;

/// A line that says what to expect.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    Returns { call: Call, results: Vec<String> },
    Traps { call: Call },
    Violates { kind: String, call: Call },
    Reports { call: Call, text: String },
    Output(String),
    Log(Vec<i64>),
}

/// An expectation, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub number: usize,
    pub when: When,
    pub expectation: Expectation,
}

/// When a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// At this safety level.
    At(Safety),
    /// Where accesses are checked, or where they are not.
    Checked(bool),
}

/// Whether the lines of a file share an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instances {
    One,
    /// A fresh one for each call, as for regions that are left open. What was written and logged is kept.
    Fresh,
}

/// A call of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: String,
    pub args: Vec<String>,
}

/// A test file, read.
#[derive(Clone, Debug)]
pub struct TestFile {
    pub text: String,
    pub config: Config,
    pub representations: Vec<String>,
    pub stdin: String,
    pub transfer: usize,
    pub errnos: Vec<i32>,
    pub pages: usize,
    pub refused: Vec<usize>,
    /// What the real WASI is about, if the file asks for it.
    pub world: Option<World>,
    pub expectations: Vec<Line>,
}

impl TestFile {
    /// The text with its placeholders filled in for a representation.
    pub fn expand(&self, representation: &str) -> String {
        expand(&self.text, representation)
    }

    /// Everything that a file of the matrix is lowered with: each of its representations, at each safety level and with each
    /// nesting policy. A file that has references is lowered with all of them.
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

    /// Whether a file of the matrix runs with these choices. All references give the same code, which their golden shows: of those
    /// that are not the first, one policy is run.
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
