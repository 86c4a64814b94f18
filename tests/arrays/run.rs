//! Runs copies in wasmtime, and compares what they do with the model.

use crate::is_checked;
use crate::model::{Copy, Kind, Outcome};
use crate::program::{self, Form};
use crate::support::host::violation;
use linmem::Config;
use linmem::intrinsics::Element;
use linmem_host::wasmtime::{
    ArrayRef, ArrayRefPre, ArrayType, Collector, Engine, FieldType, Instance, Memory, Module, Mutability, OptLevel,
    RootScope, Rooted, StorageType, Store, StoreLimits, StoreLimitsBuilder, Val, ValType,
};

/// The number of bytes at the start of the memory that copies use.
const WINDOW: usize = 2048;

/// The largest memory of the program and of the collector, in bytes.
const LIMIT: usize = 64 << 20;

/// An engine for each collector.
pub(crate) fn engines() -> Vec<Engine> {
    [Collector::DeferredReferenceCounting, Collector::Null, Collector::Copying]
        .into_iter()
        .map(|collector| {
            let mut config = linmem_host::run::config();
            config.collector(collector).cranelift_opt_level(OptLevel::None);
            Engine::new(&config).expect("the collector exists")
        })
        .collect()
}

/// An instance of the program.
pub(crate) struct Machine {
    store: Store<StoreLimits>,
    instance: Instance,
    memory: Memory,
    element: Element,
    arrays: ArrayRefPre,
    is_checked: bool,
    carries_size: bool,
    /// What the window must contain.
    window: Vec<u8>,
    /// The state of the generator of bytes.
    state: u64,
}

impl Machine {
    pub(crate) fn new(engine: &Engine, segment: &str, config: &Config, element: Element) -> Machine {
        let linked = linmem::link(program::text(segment, element).as_bytes(), config)
            .unwrap_or_else(|error| panic!("{error}: {segment} {config:?}"));
        let module = Module::new(engine, &linked).expect("a linked module compiles");
        let limits = StoreLimitsBuilder::new().memory_size(LIMIT).build();
        let mut store = Store::new(engine, limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &module, &[]).expect("the program imports nothing");
        let memory = instance.get_memory(&mut store, "memory").expect("it has a memory");
        let ty = ArrayType::new(engine, FieldType::new(Mutability::Var, storage_type(element)));
        let arrays = ArrayRefPre::new(&mut store, ty);
        let mut machine = Machine {
            store,
            instance,
            memory,
            element,
            arrays,
            is_checked: is_checked(segment, config),
            carries_size: segment != "i32",
            window: Vec::new(),
            state: 1,
        };
        machine.window = machine.bytes(WINDOW);
        memory.data_mut(&mut machine.store)[..WINDOW].copy_from_slice(&machine.window);
        machine
    }

    pub(crate) fn memory_bytes(&self) -> u32 {
        self.memory.data_size(&self.store) as u32
    }

    /// Bytes that no copy has written before.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| {
                self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (self.state >> 56) as u8
            })
            .collect()
    }

    /// Makes a copy in the window, and compares everything that it may change with the model.
    pub(crate) fn check(&mut self, copy: Copy, form: Form) -> Outcome {
        let outcome = self.compare(copy, form).unwrap_or_else(|message| panic!("{message}"));
        let memory = u64::from(self.memory_bytes());
        assert_eq!(
            outcome,
            copy.outcome(self.element, self.is_checked, memory),
            "{copy:?} {form:?} {:?}",
            self.element
        );
        outcome
    }

    /// Makes a copy, and compares memory, arrays and results with the model.
    pub(crate) fn compare(&mut self, copy: Copy, form: Form) -> Result<Outcome, String> {
        let what = format!("{copy:?} {form:?} {:?}", self.element);
        // At the end of the memory, no copy of the tests is inside.
        let at_end =
            (copy.has_segment() && copy.start as usize > WINDOW).then(|| self.memory.data(&self.store).to_vec());
        let bytes = self.element.bytes() as usize;
        let mut elements = self.bytes(copy.length.unwrap_or(0) as usize * bytes);
        let mut scope = RootScope::new(&mut self.store);
        let values: Vec<Val> = elements.chunks(bytes).map(|chunk| value(self.element, chunk)).collect();
        let array = copy.length.map(|_| {
            ArrayRef::new_fixed(&mut scope, &self.arrays, &values).expect("the collector has room for a small array")
        });
        let reference = Val::AnyRef(array.map(Rooted::<ArrayRef>::to_anyref));
        let number = |number: u32| Val::I32(number as i32);
        let (name, results) = match copy.kind {
            Kind::From => ("from", 0),
            Kind::To => ("to", 0),
            Kind::New => ("new", 1),
            Kind::Allocate => ("allocate", 2),
        };
        let region = match copy.kind {
            Kind::Allocate => {
                let open = self.instance.get_func(&mut scope, "open").expect("it is exported");
                let mut handle = [Val::I32(0)];
                open.call(&mut scope, &[], &mut handle).map_err(|error| format!("{what}: {error:?}"))?;
                Some(handle[0].unwrap_i32())
            }
            _ => None,
        };
        let place = [number(copy.start), number(copy.bytes), number(copy.offset)];
        let range = [reference, number(copy.index), number(copy.count)];
        let args = match (copy.kind, region) {
            (Kind::New, _) => [&place[..], &range[2..]].concat(),
            (_, Some(region)) => [&[Val::I32(region)], &range[..]].concat(),
            _ => [place, range].concat(),
        };
        let name = format!("{name}{}", program::suffix(form, copy.offset, copy.index, copy.count));
        let function = self.instance.get_func(&mut scope, &name).unwrap_or_else(|| panic!("{name} is exported"));
        let mut found = vec![Val::I32(0); results];
        let called = function.call(&mut scope, &args, &mut found);
        let outcome = match &called {
            Ok(()) => Outcome::Done,
            Err(error) => match violation(error).as_deref() {
                None => Outcome::Trap,
                Some("OutOfBounds") => Outcome::OutOfBounds,
                Some(kind) => return Err(format!("{what}: {kind}")),
            },
        };
        let (at, count) = ((copy.start + copy.offset) as usize, copy.count as usize);
        let first = copy.index as usize * bytes;
        if outcome == Outcome::Done && at_end.is_none() {
            let size = count * bytes;
            match copy.kind {
                Kind::From => self.window[at..at + size].copy_from_slice(&elements[first..first + size]),
                Kind::To => elements[first..first + size].copy_from_slice(&self.window[at..at + size]),
                Kind::New => {
                    let Val::AnyRef(Some(new)) = &found[0] else { return Err(format!("{what}: no array")) };
                    let new = new.unwrap_array(&scope).map_err(|error| format!("{what}: {error}"))?;
                    let made = contents(&mut scope, new, self.element);
                    if made != self.window[at..at + size] {
                        return Err(format!("{what}: the new array is {made:?}"));
                    }
                }
                Kind::Allocate => {
                    let (start, given) = (found[0].unwrap_i32() as u32 as usize, found[1].unwrap_i32() as u32 as usize);
                    if start < 2 * 65536 || !start.is_multiple_of(8) || (!self.carries_size && given != size) {
                        return Err(format!("{what}: a segment of {given} bytes at {start}"));
                    }
                    let memory = self.memory.data(&scope);
                    if memory.get(start..start + size) != Some(&elements[first..first + size]) {
                        return Err(format!("{what}: the segment has other bytes"));
                    }
                }
            }
        }
        if let Some(array) = array
            && contents(&mut scope, array, self.element) != elements
        {
            return Err(format!("{what}: other elements changed"));
        }
        if let Some(region) = region {
            let close = self.instance.get_func(&mut scope, "close").expect("it is exported");
            close.call(&mut scope, &[Val::I32(region)], &mut []).map_err(|error| format!("{what}: {error:?}"))?;
        }
        if self.memory.data(&scope)[..WINDOW] != self.window[..] {
            return Err(format!("{what}: other bytes changed"));
        }
        if at_end.is_some_and(|before| self.memory.data(&scope) != before) {
            return Err(format!("{what}: bytes at the end of the memory changed"));
        }
        Ok(outcome)
    }
}

fn storage_type(element: Element) -> StorageType {
    match element {
        Element::I8 => StorageType::I8,
        Element::I16 => StorageType::I16,
        Element::I32 => StorageType::ValType(ValType::I32),
        Element::I64 => StorageType::ValType(ValType::I64),
        Element::F32 => StorageType::ValType(ValType::F32),
        Element::F64 => StorageType::ValType(ValType::F64),
        Element::V128 => StorageType::ValType(ValType::V128),
    }
}

/// The element with these bytes.
fn value(element: Element, bytes: &[u8]) -> Val {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let number = u128::from_le_bytes(wide);
    match element {
        Element::I8 | Element::I16 | Element::I32 => Val::I32(number as i32),
        Element::I64 => Val::I64(number as i64),
        Element::F32 => Val::F32(number as u32),
        Element::F64 => Val::F64(number as u64),
        Element::V128 => Val::V128(number.into()),
    }
}

/// The bytes of the elements of an array.
fn contents(scope: &mut RootScope<&mut Store<StoreLimits>>, array: Rooted<ArrayRef>, element: Element) -> Vec<u8> {
    let values: Vec<Val> = array.elems(scope).expect("the array is rooted").collect();
    let bytes = |value: &Val| {
        let number = match value {
            Val::I32(number) => u128::from(*number as u32),
            Val::I64(number) => u128::from(*number as u64),
            Val::F32(bits) => u128::from(*bits),
            Val::F64(bits) => u128::from(*bits),
            Val::V128(bits) => bits.as_u128(),
            other => panic!("{other:?} is not an element"),
        };
        number.to_le_bytes()[..element.bytes() as usize].to_vec()
    };
    values.iter().flat_map(bytes).collect()
}
