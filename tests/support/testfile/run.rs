//! Runs a linked test file, and checks its expectations.

use super::{Call, Expectation, Instances, Line, TestFile, When};
use crate::support;
use linmem::{Report, Safety, Site, Violation};
use linmem_host::audit::Finding;
use linmem_host::wasmtime::{Val, ValType};
use linmem_testing::folder::{Embedding, World};
use linmem_testing::host::{Limits, Running, State, compile, violation};

impl TestFile {
    /// Runs a linked module, and checks every expectation that applies to this level and this representation.
    pub fn run(&self, linked: &[u8], level: Safety, representation: &str, instances: Instances) -> Result<(), String> {
        let state = self.state();
        let limits = || Limits { pages: self.pages, refused: self.refused.clone(), ..Limits::default() };
        let module = compile(linked);
        let mut running = Running::of_module(&module, state, limits());
        let sites = linmem::sites::read(linked);
        for Line { number, expectation, .. } in self.applicable(level, representation) {
            if instances == Instances::Fresh {
                running = Running::of_module(&module, running.store.into_data(), limits());
            }
            check(&mut running, &sites, expectation).map_err(|message| format!("line {number}: {message}"))?;
        }
        Ok(())
    }
}

impl TestFile {
    /// The expectations that apply to this level and this representation.
    fn applicable(&self, level: Safety, representation: &str) -> impl Iterator<Item = &Line> {
        self.expectations.iter().filter(move |line| match line.when {
            When::Always => true,
            When::At(only) => only == level,
            When::Checked(checked) => checked == (level >= Safety::Spatial && representation != "i32"),
        })
    }

    fn state(&self) -> State {
        State {
            input: self.stdin.as_bytes().to_vec(),
            transfer: self.transfer,
            errnos: self.errnos.clone(),
            embedding: self.world.clone().map(|world| {
                let world = World { stdin: self.stdin.clone(), ..world };
                Embedding::new(world, support::scratch())
            }),
            ..State::default()
        }
    }
}

/// What a traced module did wrong in a call.
pub struct Audited {
    /// The line of the call in the test file.
    pub line: usize,
    pub finding: Finding,
}

impl TestFile {
    /// Runs a traced module, and returns what the auditor found in the calls that are expected to return. Their results are not
    /// compared, since tracing changes addresses. After a call that did not return, the next one has a new instance.
    pub fn audit(&self, traced: &[u8], level: Safety, representation: &str, instances: Instances) -> Vec<Audited> {
        let module = compile(traced);
        let limits = || Limits { pages: self.pages, refused: self.refused.clone(), ..Limits::default() };
        let mut running: Option<Running> = None;
        let mut audited = Vec::new();
        for Line { number, expectation, .. } in self.applicable(level, representation) {
            let (call, returns) = match expectation {
                Expectation::Returns { call, .. } => (call, true),
                Expectation::Traps { call }
                | Expectation::Violates { call, .. }
                | Expectation::Reports { call, .. } => (call, false),
                Expectation::Output(_) | Expectation::Log(_) => continue,
            };
            let mut current = match running.take() {
                Some(running) if instances == Instances::One => running,
                _ => Running::of_module(&module, self.state(), limits()),
            };
            let known = current.store.data().auditor.findings().list().len();
            let outcome = invoke(&mut current, call);
            if returns {
                let found = current.store.data().auditor.findings().list().split_off(known);
                audited.extend(found.into_iter().map(|finding| Audited { line: *number, finding }));
            }
            running = matches!(outcome, Ok((Ok(_), _))).then_some(current);
        }
        audited
    }
}

fn check(running: &mut Running, sites: &[Site], expectation: &Expectation) -> Result<(), String> {
    let found = match expectation {
        Expectation::Returns { call, results } => {
            let (values, types) = invoke(running, call)?;
            let values = values.map_err(|error| format!("{} trapped: {error:?}", call.name))?;
            let expected: Vec<Val> =
                results.iter().zip(&types).map(|(text, ty)| value(text, ty)).collect::<Result<_, _>>()?;
            let same = values.len() == results.len() && values.iter().zip(&expected).all(|(a, b)| bits(a) == bits(b));
            (!same).then(|| format!("{} returned {values:?}, not {results:?}", call.name))
        }
        Expectation::Traps { call } => match invoke(running, call)?.0 {
            Ok(values) => Some(format!("{} returned {values:?} instead of trapping", call.name)),
            Err(error) => violation(&error).map(|kind| format!("{} trapped in {kind}", call.name)),
        },
        Expectation::Violates { kind, call } => match invoke(running, call)?.0 {
            Ok(values) => Some(format!("{} returned {values:?} instead of trapping", call.name)),
            Err(error) => (violation(&error).as_ref() != Some(kind))
                .then(|| format!("{} trapped, but not in {kind}: {error:?}", call.name)),
        },
        Expectation::Reports { call, text } => {
            running.store.data_mut().violation = None;
            match (invoke(running, call)?.0, running.store.data().violation) {
                (Ok(values), _) => Some(format!("{} returned {values:?} instead of trapping", call.name)),
                (Err(error), None) => Some(format!("{} trapped without a report: {error:?}", call.name)),
                (Err(error), Some([kind, site, a, b, c])) => {
                    let site = sites.get(site as usize).ok_or_else(|| format!("the site {site} does not exist"))?;
                    let kind = Violation::from_code(kind).ok_or_else(|| format!("the kind {kind} does not exist"))?;
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
        .ok_or_else(|| format!("the export `{}` does not exist", call.name))?;
    let ty = function.ty(&running.store);
    if ty.params().len() != call.args.len() {
        return Err(format!("{} takes {} arguments", call.name, ty.params().len()));
    }
    let args = call.args.iter().zip(ty.params()).map(|(text, ty)| value(text, &ty)).collect::<Result<Vec<_>, _>>()?;
    Ok((running.call(&call.name, &args), ty.results().collect()))
}

/// Parses a value of a type; integers are signed or unsigned, decimal or hexadecimal.
fn value(text: &str, ty: &ValType) -> Result<Val, String> {
    let integer = || -> Result<i128, String> {
        let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
        let parsed = match digits.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(&digits.replace('_', ""), 16),
            None => digits.parse(),
        };
        parsed.map(|value| sign * value).map_err(|_| format!("`{text}` is not an integer"))
    };
    let float = || text.parse::<f64>().map_err(|_| format!("`{text}` is not a number"));
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
