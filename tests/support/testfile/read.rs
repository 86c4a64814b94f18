//! Reads a test file: its headers, and the lines that state expectations.

use super::{Call, Expectation, Line, TestFile, When};
use linmem::{Config, HostFunction, Nesting, OutOfMemory, StaticFrames, Unwind, Zero};
use linmem_testing::folder::World;
use std::path::Path;

impl TestFile {
    pub fn read(path: &Path) -> Result<TestFile, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut file = TestFile {
            text: text.clone(),
            // Most files show what regions cost when the program runs.
            config: Config::new().with_static_frames(StaticFrames::Off),
            representations: Vec::new(),
            shown: Vec::new(),
            functions: Vec::new(),
            stdin: String::new(),
            transfer: 0,
            errnos: Vec::new(),
            pages: 65536,
            refused: Vec::new(),
            calls_wrappers: false,
            needs_regions: false,
            policies: Nesting::ALL.to_vec(),
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
        let (key, value) = header.split_once(':').ok_or_else(|| format!("`{header}` is not a header"))?;
        let value = value.trim();
        let numbers = || -> Result<Vec<i32>, String> {
            value.split_whitespace().map(|word| word.parse().map_err(|_| format!("`{word}` is not a number"))).collect()
        };
        match key {
            "representations" => self.representations = types(value),
            "shown" => self.shown = types(value),
            "functions" => self.functions = types(value),
            "policies" => {
                self.policies = value.split_whitespace().map(str::parse::<Nesting>).collect::<Result<_, _>>()?;
            }
            "calls" if value == "wrappers" => self.calls_wrappers = true,
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
            "--unwind" => config.unwind = Some(value.parse::<Unwind>()?),
            "--oom" => config.out_of_memory = value.parse::<OutOfMemory>()?,
            "--on-violation" => config.on_violation = value.parse()?,
            "--optimize" => config.optimize = value.parse()?,
            "--sealed" => config.sealed = value.parse().map_err(|_| format!("`{value}` is neither true nor false"))?,
            "--own-memory" => {
                config.own_memory = value.parse().map_err(|_| format!("`{value}` is neither true nor false"))?;
            }
            "--simd" => config.simd = value.parse().map_err(|_| format!("`{value}` is neither true nor false"))?,
            "--export-allocator" => {
                config.export_allocator = value.parse().map_err(|_| format!("`{value}` is neither true nor false"))?;
            }
            "--static-frames" => {
                config.static_frames = value.parse()?;
                self.needs_regions = config.static_frames == StaticFrames::Off;
            }
            "--memory" => config.memory = Some(value.to_string()),
            "--base" => config.base = Some(value.parse()?),
            "--share" => config.share = Some(value.parse()?),
            "--split" => config.split = Some(value.parse()?),
            "--max-pages" => config.max_pages = Some(value.parse().map_err(|_| format!("`{value}` is not a number"))?),
            "--static" => config.static_data = value.parse()?,
            "--names" => config.name_section = value.parse()?,
            "--init" => config.init = value.parse()?,
            "--alias" => {
                let (alias, name) = value.split_once('=').ok_or("an alias requires a `=`")?;
                config.names.alias_by_name(alias, name).map_err(|error| error.to_string())?;
            }
            "--host" => {
                let (name, target) = value.split_once('=').ok_or("a host function requires a `=`")?;
                let (module, function) = target.split_once(':').ok_or("a host function requires a `:`")?;
                let function = HostFunction { module: module.into(), name: function.into(), ty: None };
                config.names.host(name, function).map_err(|error| error.to_string())?;
            }
            _ => return Err(format!("unknown option `{option}`")),
        }
        Ok(())
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
            // This is a comment with a colon.
            Err(_) => return Ok(None),
        },
        None => (key, When::Always),
    };
    let expectation = match key {
        "run" => {
            let (text, results) = rest.split_once(" == ").ok_or("a run line requires ` == `")?;
            let results = results.trim();
            let list = results.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(results);
            Expectation::Returns { call: call(text)?, results: words(list) }
        }
        "report" => {
            let (text, report) = rest.split_once(" == ").ok_or("a report line requires ` == `")?;
            Expectation::Reports { call: call(text)?, text: report.trim().to_string() }
        }
        "trap" => Expectation::Traps { call: call(rest)? },
        "violation" => {
            let (kind, text) = rest.split_once(' ').ok_or("a violation line requires a kind and a call")?;
            Expectation::Violates { kind: kind.to_string(), call: call(text)? }
        }
        "output" => {
            let text =
                rest.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or("the output must be in quotes")?;
            Expectation::Output(text.replace("\\n", "\n"))
        }
        "log" => Expectation::Log(
            rest.split_whitespace()
                .map(|word| word.parse().map_err(|_| format!("`{word}` is not a number")))
                .collect::<Result<_, _>>()?,
        ),
        _ => return Ok(None),
    };
    Ok(Some((when, expectation)))
}

fn call(text: &str) -> Result<Call, String> {
    let text = text.trim();
    let (name, args) = text.split_once('(').ok_or_else(|| format!("`{text}` is not a call"))?;
    let args = args.strip_suffix(')').ok_or_else(|| format!("`{text}` is not a call"))?;
    Ok(Call { name: name.to_string(), args: words(args) })
}

/// A list of types separated by blanks; a type may contain blanks in parentheses.
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
