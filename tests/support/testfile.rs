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

use linmem::allocator::{Nesting, OutOfMemory, Zero};
use linmem::{Config, HostFunction, Report, Safety, Site, Violation};
use linmem_host::wasmtime::{Val, ValType};
use linmem_testing::folder::{Embedding, World};
use linmem_testing::host::{Limits, Running, State, compile, violation};
use std::path::Path;

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
    pub fn read(path: &Path) -> Result<TestFile, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut file = TestFile {
            text: text.clone(),
            config: Config::default(),
            representations: Vec::new(),
            stdin: String::new(),
            transfer: 0,
            errnos: Vec::new(),
            pages: 65536,
            refused: Vec::new(),
            world: None,
            expectations: Vec::new(),
        };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let read = if let Some(header) = line.strip_prefix(";;!") {
                file.header(header.trim())
            } else {
                expectation(line).map(|found| {
                    let line = |(when, expectation)| Line { number: number + 1, when, expectation };
                    file.expectations.extend(found.map(line));
                })
            };
            read.map_err(|message| format!("line {}: {message}", number + 1))?;
        }
        Ok(file)
    }

    fn header(&mut self, header: &str) -> Result<(), String> {
        if header.starts_with("--") {
            let words: Vec<&str> = header.split_whitespace().collect();
            for pair in words.chunks(2) {
                let [option, value] = pair else { return Err(format!("`{}` has no value", pair[0])) };
                self.option(option, value)?;
            }
            return Ok(());
        }
        let (key, value) = header.split_once(':').ok_or_else(|| format!("`{header}` is no header"))?;
        let value = value.trim();
        let numbers = || -> Result<Vec<i32>, String> {
            value.split_whitespace().map(|word| word.parse().map_err(|_| format!("`{word}` is no number"))).collect()
        };
        match key {
            "representations" => self.representations = types(value),
            "stdin" => self.stdin = value.to_string(),
            "transfer" => self.transfer = numbers()?[0] as usize,
            "directories" => {
                let name = |word: &str| word.replace("\\0", "\0");
                self.world().directories = value.split_whitespace().map(name).collect();
            }
            "args" => self.world().args = value.split_whitespace().map(str::to_string).collect(),
            "env" => {
                let pair = |word: &str| word.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
                self.world().env = value.split_whitespace().filter_map(pair).collect();
            }
            "errnos" => self.errnos = numbers()?,
            "pages" => self.pages = numbers()?[0] as usize,
            "refused" => self.refused = numbers()?.into_iter().map(|number| number as usize).collect(),
            _ => return Err(format!("unknown header `{key}`")),
        }
        Ok(())
    }

    fn world(&mut self) -> &mut World {
        self.world.get_or_insert_default()
    }

    fn option(&mut self, option: &str, value: &str) -> Result<(), String> {
        let config = &mut self.config;
        match option {
            "--safety" => config.safety = Some(value.parse()?),
            "--nesting" => config.nesting = value.parse::<Nesting>()?,
            "--zero" => config.zero = value.parse::<Zero>()?,
            "--oom" => config.out_of_memory = value.parse::<OutOfMemory>()?,
            "--on-violation" => config.on_violation = value.parse()?,
            "--optimize" => config.optimize = value.parse()?,
            "--sealed" => config.sealed = value.parse().map_err(|_| format!("`{value}` is neither true nor false"))?,
            "--base" => config.base = Some(value.parse()?),
            "--share" => config.share = Some(value.parse()?),
            "--split" => config.split = Some(value.parse()?),
            "--max-pages" => config.max_pages = Some(value.parse().map_err(|_| format!("`{value}` is no number"))?),
            "--alias" => {
                let (alias, name) = value.split_once('=').ok_or("an alias needs a `=`")?;
                config.names.alias_by_name(alias, name).map_err(|error| error.to_string())?;
            }
            "--host" => {
                let (name, target) = value.split_once('=').ok_or("a host function needs a `=`")?;
                let (module, function) = target.split_once(':').ok_or("a host function needs a `:`")?;
                let function = HostFunction { module: module.into(), name: function.into(), ty: None };
                config.names.host(name, function).map_err(|error| error.to_string())?;
            }
            _ => return Err(format!("unknown option `{option}`")),
        }
        Ok(())
    }

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

    /// Runs a linked module and checks every expectation that is for this level and this representation.
    pub fn run(&self, linked: &[u8], level: Safety, representation: &str, instances: Instances) -> Result<(), String> {
        let state = State {
            input: self.stdin.as_bytes().to_vec(),
            transfer: self.transfer,
            errnos: self.errnos.clone(),
            embedding: self.world.clone().map(|world| {
                let world = World { stdin: self.stdin.clone(), ..world };
                Embedding::new(world, super::scratch())
            }),
            ..State::default()
        };
        let limits = || Limits { pages: self.pages, refused: self.refused.clone(), ..Limits::default() };
        let module = compile(linked);
        let mut running = Running::of_module(&module, state, limits());
        let sites = linmem::sites::read(linked);
        for Line { number, expectation, .. } in self.expectations.iter().filter(|line| match line.when {
            When::Always => true,
            When::At(only) => only == level,
            When::Checked(checked) => checked == (level >= Safety::Spatial && representation != "i32"),
        }) {
            if instances == Instances::Fresh {
                running = Running::of_module(&module, running.store.into_data(), limits());
            }
            check(&mut running, &sites, expectation).map_err(|message| format!("line {number}: {message}"))?;
        }
        Ok(())
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

fn check(running: &mut Running, sites: &[Site], expectation: &Expectation) -> Result<(), String> {
    let found = match expectation {
        Expectation::Returns { call, results } => {
            let (values, types) = invoke(running, call)?;
            let values = values.map_err(|error| format!("{} trapped: {error:?}", call.name))?;
            let expected: Vec<Val> =
                results.iter().zip(&types).map(|(text, ty)| value(text, ty)).collect::<Result<_, _>>()?;
            let same = values.len() == results.len() && values.iter().zip(&expected).all(|(a, b)| bits(a) == bits(b));
            (!same).then(|| format!("{} gave {values:?}, not {results:?}", call.name))
        }
        Expectation::Traps { call } => match invoke(running, call)?.0 {
            Ok(values) => Some(format!("{} gave {values:?} instead of trapping", call.name)),
            Err(error) => violation(&error).map(|kind| format!("{} trapped in {kind}", call.name)),
        },
        Expectation::Violates { kind, call } => match invoke(running, call)?.0 {
            Ok(values) => Some(format!("{} gave {values:?} instead of trapping", call.name)),
            Err(error) => (violation(&error).as_ref() != Some(kind))
                .then(|| format!("{} trapped elsewhere than in {kind}: {error:?}", call.name)),
        },
        Expectation::Reports { call, text } => {
            running.store.data_mut().violation = None;
            match (invoke(running, call)?.0, running.store.data().violation) {
                (Ok(values), _) => Some(format!("{} gave {values:?} instead of trapping", call.name)),
                (Err(error), None) => Some(format!("{} trapped without a report: {error:?}", call.name)),
                (Err(error), Some([kind, site, a, b, c])) => {
                    let site = sites.get(site as usize).ok_or_else(|| format!("there is no site {site}"))?;
                    let kind = Violation::from_code(kind).ok_or_else(|| format!("there is no kind {kind}"))?;
                    let report = Report { kind, intrinsic: site.intrinsic.clone(), numbers: [a, b, c] };
                    let found = format!("{report} ({site})");
                    let trapped = violation(&error);
                    (found != *text || trapped.as_deref() != Some(kind.name()))
                        .then(|| format!("{} reported `{found}` and trapped in {trapped:?}, not `{text}`", call.name))
                }
            }
        }
        Expectation::Output(expected) => {
            let output = String::from_utf8_lossy(&running.store.data().output).into_owned();
            (output != *expected).then(|| format!("the output is {output:?}, not {expected:?}"))
        }
        Expectation::Log(expected) => {
            let log = &running.store.data().log;
            (log != expected).then(|| format!("the log is {log:?}, not {expected:?}"))
        }
    };
    found.map_or(Ok(()), Err)
}

type Outcome = Result<Vec<Val>, linmem_host::wasmtime::Error>;

fn invoke(running: &mut Running, call: &Call) -> Result<(Outcome, Vec<ValType>), String> {
    let function = running
        .instance
        .get_func(&mut running.store, &call.name)
        .ok_or_else(|| format!("there is no export `{}`", call.name))?;
    let ty = function.ty(&running.store);
    if ty.params().len() != call.args.len() {
        return Err(format!("{} takes {} arguments", call.name, ty.params().len()));
    }
    let args = call.args.iter().zip(ty.params()).map(|(text, ty)| value(text, &ty)).collect::<Result<Vec<_>, _>>()?;
    Ok((running.call(&call.name, &args), ty.results().collect()))
}

/// A value as its type reads it; integers signed or unsigned, decimal or hexadecimal.
fn value(text: &str, ty: &ValType) -> Result<Val, String> {
    let integer = || -> Result<i128, String> {
        let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
        let parsed = match digits.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(&digits.replace('_', ""), 16),
            None => digits.parse(),
        };
        parsed.map(|value| sign * value).map_err(|_| format!("`{text}` is no integer"))
    };
    let float = || text.parse::<f64>().map_err(|_| format!("`{text}` is no number"));
    Ok(match ty {
        ValType::I32 => Val::I32(integer()? as i32),
        ValType::I64 => Val::I64(integer()? as i64),
        ValType::F32 => Val::F32((float()? as f32).to_bits()),
        ValType::F64 => Val::F64(float()?.to_bits()),
        other => return Err(format!("values of type {other} cannot be written in a test")),
    })
}

fn bits(value: &Val) -> Option<u64> {
    match value {
        Val::I32(value) => Some(*value as u32 as u64),
        Val::I64(value) => Some(*value as u64),
        Val::F32(bits) => Some(u64::from(*bits)),
        Val::F64(bits) => Some(*bits),
        _ => None,
    }
}

fn expectation(line: &str) -> Result<Option<(When, Expectation)>, String> {
    let Some((key, rest)) = line.strip_prefix(";; ").and_then(|line| line.split_once(": ")) else { return Ok(None) };
    let rest = rest.trim();
    let (key, when) = match key.split_once(' ') {
        Some((key, "checked")) => (key, When::Checked(true)),
        Some((key, "unchecked")) => (key, When::Checked(false)),
        Some((key, level)) => match level.parse() {
            Ok(level) => (key, When::At(level)),
            // A comment that happens to have a colon.
            Err(_) => return Ok(None),
        },
        None => (key, When::Always),
    };
    let expectation = match key {
        "run" => {
            let (text, results) = rest.split_once(" == ").ok_or("a run line needs ` == `")?;
            let results = results.trim();
            let list = results.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(results);
            Expectation::Returns { call: call(text)?, results: words(list) }
        }
        "report" => {
            let (text, report) = rest.split_once(" == ").ok_or("a report line needs ` == `")?;
            Expectation::Reports { call: call(text)?, text: report.trim().to_string() }
        }
        "trap" => Expectation::Traps { call: call(rest)? },
        "violation" => {
            let (kind, text) = rest.split_once(' ').ok_or("a violation line needs a kind and a call")?;
            Expectation::Violates { kind: kind.to_string(), call: call(text)? }
        }
        "output" => {
            let text = rest.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or("output is in quotes")?;
            Expectation::Output(text.replace("\\n", "\n"))
        }
        "log" => Expectation::Log(
            rest.split_whitespace()
                .map(|word| word.parse().map_err(|_| format!("`{word}` is no number")))
                .collect::<Result<_, _>>()?,
        ),
        _ => return Ok(None),
    };
    Ok(Some((when, expectation)))
}

fn call(text: &str) -> Result<Call, String> {
    let text = text.trim();
    let (name, args) = text.split_once('(').ok_or_else(|| format!("`{text}` is no call"))?;
    let args = args.strip_suffix(')').ok_or_else(|| format!("`{text}` is no call"))?;
    Ok(Call { name: name.to_string(), args: words(args) })
}

/// Types between blanks, some of which have blanks in parentheses.
fn types(list: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in list.split_whitespace() {
        match found.last_mut().filter(|last| last.starts_with('(') && !last.ends_with(')')) {
            Some(open) => *open = format!("{open} {word}"),
            None => found.push(word.to_string()),
        }
    }
    found
}

fn words(list: &str) -> Vec<String> {
    list.split(',').map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
}
