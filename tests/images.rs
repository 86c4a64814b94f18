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
