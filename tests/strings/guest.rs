//! An instance of the program, and calls of its exports.

use crate::host::{self, Calls};
use crate::support;
use linmem::{Config, Encoding};
use linmem_host::wasmtime::{Engine, Error, Instance, Memory, Module, Store, Val};
use linmem_testing::host::violation;
use std::sync::OnceLock;

/// The encoding of a program, and how it declares strings and segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) encoding: Encoding,
    pub(crate) segment: &'static str,
    pub(crate) nullable: bool,
}

impl Kind {
    pub(crate) fn new(encoding: Encoding) -> Kind {
        Kind { encoding, segment: "i64", nullable: true }
    }

    /// The program, with its placeholders filled in.
    pub(crate) fn text(self) -> String {
        let (upper, lower) = match self.encoding {
            Encoding::Utf8 => ("Utf8", "utf8"),
            Encoding::Wtf8 => ("Wtf8", "wtf8"),
            Encoding::Latin1 => ("Latin1", "latin1"),
        };
        let (string, made) = if self.nullable { ("externref", "externref") } else { ("(ref extern)", "(ref extern)") };
        let text = include_str!("program.wat").replace("{Encoding}", upper).replace("{encoding}", lower);
        support::testfile::expand(&text.replace("{string}", string).replace("{made}", made), self.segment)
    }
}

/// An instance of a program.
pub(crate) struct Guest {
    pub(crate) store: Store<Calls>,
    pub(crate) memory: Memory,
    instance: Instance,
    region: Val,
}

/// An engine that optimizes as in production, since each module runs for a long time.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&linmem_host::run::config()).unwrap())
}

impl Guest {
    pub(crate) fn new(kind: Kind, config: &Config) -> Guest {
        let text = kind.text();
        let bytes = linmem::link(text.as_bytes(), config).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Guest::of(&bytes)
    }

    /// An instance of a linked module.
    pub(crate) fn of(bytes: &[u8]) -> Guest {
        let module = Module::new(engine(), bytes).unwrap();
        let mut store = Store::new(engine(), Calls::default());
        let imports: Vec<_> = module
            .imports()
            .map(|import| {
                assert_eq!(import.module(), "wasm:js-string");
                host::function(&mut store, import.name()).into()
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let mut guest = Guest { store, memory, instance, region: Val::I32(0) };
        if guest.instance.get_func(&mut guest.store, "open").is_some() {
            guest.region = guest.call("open", &[]).unwrap().remove(0);
        }
        guest
    }

    /// Calls an export.
    pub(crate) fn call(&mut self, name: &str, args: &[Val]) -> Result<Vec<Val>, Error> {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, args, &mut results)?;
        Ok(results)
    }

    /// Calls an export. The error is the kind of the violation, or the first sentence of another trap.
    pub(crate) fn outcome(&mut self, name: &str, args: &[Val]) -> Result<Vec<u32>, String> {
        match self.call(name, args) {
            Ok(results) => Ok(results.iter().map(|value| value.unwrap_i32() as u32).collect()),
            Err(error) => Err(violation(&error).unwrap_or_else(|| error.root_cause().to_string())),
        }
    }

    pub(crate) fn region(&self) -> Val {
        self.region
    }

    /// Frees what was allocated.
    pub(crate) fn reopen(&mut self) {
        let region = self.region;
        self.call("close", &[region]).unwrap();
        self.region = self.call("open", &[]).unwrap().remove(0);
    }

    /// Bytes of the memory.
    pub(crate) fn bytes(&self, address: usize, bytes: usize) -> Vec<u8> {
        self.memory.data(&self.store)[address..][..bytes].to_vec()
    }
}

/// Operands that are numbers.
pub(crate) fn ints(values: &[u32]) -> Vec<Val> {
    values.iter().map(|value| Val::I32(*value as i32)).collect()
}
