//! Images of memories, compared with wasmtime: the decisions and the images of random modules are the same, and instantiation
//! gives the planned bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use linmem::image::{self, InitError, MemoryInitialization, ModuleMemories, Reason, Verdict};
use linmem_testing::images::{Layout, Model, engine, is_instantiable, layout, run};
use std::collections::BTreeMap;
use wasmparser::{Parser, Validator, WasmFeatures};
use wasmtime_environ::{
    MemoryInitialization as Oracle, ModuleEnvironment, ModuleTypesBuilder, StaticModuleIndex, Tunables,
};

/// The images of the memories, each with its offset.
type Images = Vec<Option<(u64, Vec<u8>)>>;

/// The images that wasmtime makes; `None` if it makes none.
fn by_wasmtime(module: &[u8], page_size: u64, allowance: u64) -> Option<Images> {
    let tunables = Tunables::default_host();
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut types = ModuleTypesBuilder::new(&validator);
    let environment = ModuleEnvironment::new(&tunables, &mut validator, &mut types, StaticModuleIndex::from_u32(0));
    let mut translation = environment.translate(Parser::new(0), module).unwrap();
    translation.finalize_memory_init(&tunables, page_size, allowance, &mut types);
    match &translation.module.memory_initialization {
        Oracle::Segmented => None,
        Oracle::Static { map } => {
            let image = |image: &Option<_>| {
                image.as_ref().map(|(offset, data)| (*offset, translation.runtime_data[*data].to_vec()))
            };
            Some(map.values().map(image).collect())
        }
    }
}

/// The images that linmem makes.
fn by_linmem(memories: &ModuleMemories<'_>) -> Option<Images> {
    let MemoryInitialization::Static { map } = &memories.initialization else { return None };
    let image = |image: &Option<image::StaticMemoryInitializer<'_>>| {
        image.as_ref().map(|image| (image.offset(), image.to_bytes(1 << 30).unwrap()))
    };
    Some(map.iter().map(image).collect())
}

/// Compares the decision about a layout, and everything that follows from it. Returns what occurred.
fn compare(seed: u64, engine: &linmem_host::wasmtime::Engine) -> Vec<&'static str> {
    let layout = layout(seed);
    let module = layout.encode();
    let segmented = image::read(&module).unwrap();
    let mut memories = segmented.clone();
    let verdict = memories.try_static_init(layout.page_size, layout.allowance);
    let images = by_linmem(&memories);
    let expected = by_wasmtime(&module, layout.page_size, layout.allowance);
    let verdicts = (expected.is_some(), &verdict);
    assert!(matches!(verdicts, (true, Verdict::Static) | (false, Verdict::Segmented(_))), "{verdicts:?}: {layout:?}");
    assert!(images == expected, "the images of layout {seed} differ: {layout:?}");

    let mut occurred = observe(&layout, &verdict, images.as_ref());
    if !is_instantiable(&layout) {
        occurred.push("too large to instantiate");
        return occurred;
    }
    let mut model = Model::new(&layout);
    let result = segmented.init_memory(&mut model);
    match &result {
        Ok(()) => occurred.push("instantiated"),
        Err(InitError::OutOfBounds { .. }) => occurred.push("failed to instantiate"),
        Err(error) => panic!("{error}: {layout:?}"),
    }
    // With images, the memories are those of the plan; the module that is written must have those of the segments.
    let mut planned = Model::new(&layout);
    assert_eq!(memories.init_memory(&mut planned), result, "{layout:?}");
    assert_eq!(run(engine, &layout, &module, &planned), result.is_ok(), "{result:?}: {layout:?}");
    let written = image::write(&module, layout.page_size, layout.allowance);
    assert_eq!(written.is_ok(), verdict == Verdict::Static, "{written:?}: {layout:?}");
    if let Ok(written) = written {
        assert!(run(engine, &layout, &written, &model), "{layout:?}");
        let is_not_zero = |(_, data): &(u64, Vec<u8>)| data.iter().any(|byte| *byte != 0);
        let images = images.unwrap().into_iter().map(|image| image.filter(is_not_zero));
        assert!(by_wasmtime(&written, layout.page_size, 0) == Some(images.collect()), "{layout:?}");
    }
    occurred
}

/// What is worth counting about a layout.
fn observe(layout: &Layout, verdict: &Verdict, images: Option<&Images>) -> Vec<&'static str> {
    let mut occurred = vec![match verdict {
        Verdict::Static => "static",
        Verdict::Segmented(Reason::ImportedMemory { .. }) => "imported memory",
        Verdict::Segmented(Reason::GlobalOffset { import: Some(_), .. }) => "imported global",
        Verdict::Segmented(Reason::GlobalOffset { import: None, .. }) => "defined global",
        Verdict::Segmented(Reason::ExtendedOffset { .. }) => "extended offset",
        Verdict::Segmented(Reason::MinimumSize { .. }) => "minimum of 2^64",
        Verdict::Segmented(Reason::OutOfBounds { bytes: 0, .. }) => "empty segment out of bounds",
        Verdict::Segmented(Reason::OutOfBounds { .. }) => "out of bounds",
        Verdict::Segmented(Reason::PageSize { .. }) => "page size",
        Verdict::Segmented(Reason::Sparse { data, span, .. }) if *span == data * 2 => "exactly twice the data",
        Verdict::Segmented(Reason::Sparse { span, allowance, .. }) if span == allowance => "exactly the allowance",
        Verdict::Segmented(Reason::Sparse { .. }) => "sparse",
        Verdict::Segmented(reason) => panic!("{reason}: {layout:?}"),
    }];
    let Some(images) = images else { return occurred };
    if images.iter().flatten().count() > 1 {
        occurred.push("static: several images");
    }
    for (index, memory) in layout.memories.iter().enumerate() {
        let Some((data, extent)) = layout.extent(index) else { continue };
        let (offset, bytes) = images[index].as_ref().unwrap();
        let span = extent.end - extent.start;
        if data * 2 == span + 1 {
            occurred.push("static: less than twice the data by one");
        }
        if span >= data * 2 && span + 1 == layout.allowance {
            occurred.push("static: less than the allowance by one");
        }
        if data > span {
            occurred.push("static: overlapping segments");
        }
        if bytes.iter().all(|byte| *byte == 0) {
            occurred.push("static: all zero");
        } else if bytes.len() as u64 + layout.page_size < span || *offset > extent.start {
            occurred.push("static: trimmed by pages");
        }
        if u128::from(extent.end) == memory.minimum_bytes() {
            occurred.push("static: ends at the minimum");
        }
        if memory.is_wide {
            occurred.push("static: 64 bits");
        }
        if extent.end == 1 << 32 {
            occurred.push("static: last byte of 4 GiB");
        }
        if memory.page_size() == 1 {
            occurred.push("static: pages of one byte");
        }
    }
    occurred
}

#[test]
fn random_modules_have_the_images_that_wasmtime_makes() {
    let cases = std::env::var("LINMEM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8) as u64;
    let engine = engine();
    let count = |first: u64| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for seed in (first..cases).step_by(threads as usize) {
            for occurred in compare(seed, &engine) {
                *counts.entry(occurred).or_default() += 1;
            }
        }
        counts
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || count(first))).collect();
        for thread in running {
            for (occurred, number) in thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                *counts.entry(occurred).or_default() += number;
            }
        }
    });
    println!("{counts:#?}");
    for (occurred, least) in REACH {
        let number = counts.get(occurred).copied().unwrap_or_default();
        assert!(number as u64 * 10_000 >= least * cases, "{occurred}: only {number} of {cases}");
    }
}

/// How often something must occur in 10,000 layouts.
const REACH: [(&str, u64); 24] = [
    ("static", 3000),
    ("imported memory", 300),
    ("imported global", 100),
    ("defined global", 100),
    ("extended offset", 100),
    ("minimum of 2^64", 4),
    ("empty segment out of bounds", 20),
    ("out of bounds", 300),
    ("page size", 100),
    ("exactly twice the data", 20),
    ("exactly the allowance", 30),
    ("sparse", 500),
    ("static: several images", 300),
    ("static: less than twice the data by one", 40),
    ("static: less than the allowance by one", 30),
    ("static: overlapping segments", 300),
    ("static: all zero", 100),
    ("static: trimmed by pages", 100),
    ("static: ends at the minimum", 400),
    ("static: 64 bits", 400),
    ("static: last byte of 4 GiB", 5),
    ("static: pages of one byte", 8),
    ("instantiated", 7000),
    ("failed to instantiate", 500),
];

#[test]
fn segments_that_code_refers_to_behave_as_before() {
    let text = r#"(module
        (memory (export "memory") 1)
        (type $bytes (array (mut i8)))
        (data (i32.const 0) "ab") (data "pp") (data (i32.const 2) "cd") (data "qq") (data (i32.const 4) "ef")
        (func (export "init0") (param i32) (memory.init 0 (i32.const 100) (i32.const 0) (local.get 0)))
        (func (export "init1") (param i32) (memory.init 1 (i32.const 100) (i32.const 0) (local.get 0)))
        (func (export "init2") (param i32) (memory.init 2 (i32.const 100) (i32.const 0) (local.get 0)))
        (func (export "init3") (param i32) (memory.init 3 (i32.const 100) (i32.const 0) (local.get 0)))
        (func (export "new4") (param i32) (drop (array.new_data $bytes 4 (i32.const 0) (local.get 0))))
        (func (export "drop0") (param i32) (data.drop 0))
        (func (export "drop1") (param i32) (data.drop 1))
        (func (export "drop4") (param i32) (data.drop 4)))"#;
    let input = linmem::wat::parse(text.as_bytes()).unwrap();
    let output = image::write(&input, 4096, 0).unwrap();
    let engine = linmem_host::wasmtime::Engine::new(&linmem_host::run::config()).unwrap();
    let trace = |module: &[u8]| {
        let module = linmem_host::wasmtime::Module::new(&engine, module).unwrap();
        let mut store = linmem_host::wasmtime::Store::new(&engine, ());
        let instance = linmem_host::wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let mut trace = vec![(true, memory.data(&store)[..8].to_vec())];
        for name in ["init0", "init1", "init2", "init3", "new4", "drop0", "drop4", "init0", "init1", "drop1", "init1"] {
            let function = instance.get_typed_func::<i32, ()>(&mut store, name).unwrap();
            for bytes in [0, 1, 2, 3] {
                let is_ok = function.call(&mut store, bytes).is_ok();
                trace.push((is_ok, memory.data(&store)[100..104].to_vec()));
            }
        }
        trace
    };
    let expected = trace(&input);
    assert!(expected.iter().any(|(is_ok, _)| !is_ok) && expected.iter().any(|(_, bytes)| bytes == b"qq\0\0"));
    assert_eq!(trace(&output), expected);
    assert_eq!(by_wasmtime(&output, 4096, 0).unwrap()[0].as_ref().unwrap().1[..7], *b"abcdef\0");
}

#[test]
fn changed_bytes_of_modules_cause_no_panic() {
    let mut valid = [0, 0];
    for seed in 0..2000u64 {
        let layout = layout(seed);
        let mut module = layout.encode();
        // The header stays, so that most of the module is read.
        let position = 8 + (seed as usize * 7919) % (module.len() - 7);
        match module.get_mut(position) {
            Some(byte) => *byte ^= 1 << (seed % 8),
            None => module.truncate(position - 1),
        }
        if let Ok(mut memories) = image::read(&module) {
            valid[0] += 1;
            memories.try_static_init(layout.page_size, u64::MAX);
            valid[1] += usize::from(image::write(&module, layout.page_size, layout.allowance).is_ok());
        }
    }
    assert!(valid[0] > 300 && valid[1] > 100, "{valid:?}");
}
