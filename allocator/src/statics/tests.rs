//! Tests of whole plans: the invariants for random items, the size of plans, and the messages of errors.

use crate::statics::{ALLOWANCE, Contents, DataSegment, Error, Item, Options, Plan, Sharing, plan};
use crate::width::Width;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const OPTIONS: Options = Options::new(Width::Bits32, 8, 1 << 20);

const fn bytes(bytes: &[u8], alignment: u64) -> Item<'_> {
    Item { contents: Contents::Bytes(bytes), alignment, address: None }
}

const fn zeros(name: &str, size: u64, alignment: u64) -> Item<'_> {
    Item { contents: Contents::Zeros { name, size }, alignment, address: None }
}

const fn at<'a>(address: u64, item: Item<'a>) -> Item<'a> {
    Item { address: Some(address), ..item }
}

/// The contents of memory from the base to the end of a plan.
fn image(plan: &Plan, options: &Options) -> Vec<u8> {
    let mut memory = vec![0; (plan.end - options.base) as usize];
    for DataSegment { address, bytes } in &plan.segments {
        let start = (address - options.base) as usize;
        memory[start..start + bytes.len()].copy_from_slice(bytes);
    }
    memory
}

/// The sum of the sizes of the distinct constants that are not a suffix of another one.
fn deduplicated(constants: &[Vec<u8>]) -> u64 {
    let is_own = |(i, bytes): &(usize, &Vec<u8>)| {
        constants.iter().enumerate().all(|(j, other)| *i == j || !other.ends_with(bytes) || (other == *bytes && *i < j))
    };
    constants.iter().enumerate().filter(is_own).map(|(_, bytes)| bytes.len() as u64).sum()
}

#[test]
fn equal_constants_and_suffixes_share_bytes() -> Result<(), Error> {
    let items = [bytes(b"world", 1), bytes(b"hello, world", 1), bytes(b"world", 1), bytes(b"", 1), bytes(b"hello", 1)];
    let shared = plan(&items, &OPTIONS)?;
    // In the order of the items; the suffixes are in the second one.
    assert_eq!(shared.addresses, [15, 8, 15, 8, 20]);
    assert_eq!(shared.segments, [DataSegment { address: 8, bytes: b"hello, worldhello".to_vec() }]);
    assert_eq!((shared.end, shared.span(), shared.data_size()), (25, 17, 17));
    let unshared = plan(&items, &Options { sharing: Sharing::Unshared, ..OPTIONS })?;
    assert_eq!(unshared.addresses, [8, 13, 25, 8, 30]);
    assert_eq!(unshared.end, 35);
    Ok(())
}

#[test]
fn suffixes_keep_their_alignment() -> Result<(), Error> {
    // `lo` can be at the end of `hello` if `hello` is not a multiple of 2.
    let odd = plan(&[bytes(b"hello", 1), bytes(b"lo", 2)], &OPTIONS)?;
    assert_eq!((odd.addresses, odd.end), (vec![9, 12], 14));
    // It cannot if `hello` must be one. It is then at the end of another constant, or on its own.
    let even = plan(&[bytes(b"hello", 2), bytes(b"lo", 2)], &OPTIONS)?;
    assert_eq!((even.addresses, even.end), (vec![8, 14], 16));
    let other = plan(&[bytes(b"hello", 2), bytes(b"lo", 2), bytes(b"silo", 1)], &OPTIONS)?;
    assert_eq!((other.addresses, other.end), (vec![8, 16, 14], 18));
    Ok(())
}

#[test]
fn reservations_follow_the_data_and_are_not_emitted() -> Result<(), Error> {
    let items = [
        zeros("buffer", 100, 8),
        bytes(b"text\0\0\0\0\0\0\0\0\0\0", 1),
        zeros("table", 64, 64),
        at(40, bytes(b"fixed", 4)),
        zeros("buffer", 100, 16),
    ];
    let plan = plan(&items, &OPTIONS)?;
    // `table` has the largest alignment; `buffer` has the larger one of its two.
    assert_eq!(plan.addresses, [128, 8, 64, 40, 128]);
    let segment = |address, bytes: &[u8]| DataSegment { address, bytes: bytes.to_vec() };
    assert_eq!(plan.segments, [segment(8, b"text"), segment(40, b"fixed")]);
    assert_eq!(plan.end, 228);
    Ok(())
}

#[test]
fn layout_stays_static_where_it_can() -> Result<(), Error> {
    let text = vec![b'x'; 1000];
    let items = [bytes(&text, 1), at(900_000, bytes(b"fixed", 4))];
    // The span of 892 KB is below wasmtime's allowance.
    let near = plan(&items, &OPTIONS)?;
    assert_eq!((near.addresses[0], near.span()), (8, 899_997));
    assert!(near.is_static(ALLOWANCE) && !near.is_static(899_997));
    // It is not below this allowance, so the text goes behind the fixed item.
    let behind = plan(&items, &Options { allowance: 4096, ..OPTIONS })?;
    assert_eq!((behind.addresses[0], behind.span(), behind.data_size()), (900_005, 1005, 1005));
    assert!(behind.is_static(0));
    // Two fixed items are too far from each other in any layout.
    let items = [bytes(&text, 1), at(900_000, bytes(b"fixed", 4)), at(500_000, bytes(b"fixed", 4))];
    let sparse = plan(&items, &Options { allowance: 4096, ..OPTIONS })?;
    assert_eq!((sparse.addresses[0], sparse.is_static(4096)), (8, false));
    Ok(())
}

#[test]
fn both_widths_have_their_limits() -> Result<(), Error> {
    for width in Width::ALL {
        let top = width.largest();
        let last = plan(&[at(top - 4, bytes(b"last", 1)), bytes(b"x", 4)], &Options::new(width, top - 12, top))?;
        assert_eq!((last.addresses, last.end), (vec![top - 4, top - 11], top));
    }
    let beyond = 1 << 32;
    assert!(plan(&[], &Options::new(Width::Bits32, 8, beyond)).is_err());
    let wide = plan(&[bytes(b"x", 1)], &Options::new(Width::Bits64, beyond, beyond + 1))?;
    assert_eq!(wide.addresses, [beyond]);
    Ok(())
}

#[test]
fn errors_name_their_items() {
    let message = |items: &[Item<'_>]| match plan(items, &OPTIONS) {
        Ok(plan) => format!("{plan:?}"),
        Err(error) => error.to_string(),
    };
    let limit = OPTIONS.limit;
    assert_eq!(
        [
            message(&[bytes(b"x", 1), bytes(b"y", 3)]),
            message(&[zeros("z", 4, 1 << 17)]),
            message(&[zeros("z", 4, 0)]),
            message(&[at(10, zeros("z", 4, 4))]),
            message(&[at(4, bytes(b"y", 4))]),
            message(&[at(16, zeros("z", u64::MAX, 1))]),
            message(&[at(limit - 3, bytes(b"four", 1))]),
            message(&[bytes(b"x", 1), zeros("z", limit, 1)]),
            message(&[zeros("z", limit - 8, 1), bytes(b"x", 1)]),
            message(&[at(16, zeros("z", 9, 8)), bytes(b"x", 1), at(24, bytes(b"y", 8))]),
            message(&[zeros("z", 8, 1), bytes(b"x", 1), zeros("z", 4, 1)]),
            message(&[zeros("z", 8, 1), at(16, zeros("z", 8, 1)), at(24, zeros("z", 8, 1))]),
            message(&[at(12, zeros("z", 8, 1)), zeros("z", 8, 8)]),
        ],
        [
            "item 1: alignment 3 is not a power of two up to 65536",
            "item 0, reservation `z`: alignment 131072 is not a power of two up to 65536",
            "item 0, reservation `z`: alignment 0 is not a power of two up to 65536",
            "item 0, reservation `z`: address 10 is not a multiple of the alignment 4",
            "item 0: address 4 is below the base, 8",
            "item 0, reservation `z`: 18446744073709551615 bytes at address 16 exceed the address space",
            "item 0: 4 bytes at address 1048573 end above 1048576, where static data must end",
            "item 1, reservation `z`: no room is left for 1048576 bytes below 1048576, where static data must end",
            "item 0, reservation `z`: no room is left for 1048568 bytes below 1048576, where static data must end",
            "item 2 at address 24 overlaps item 0, reservation `z`, which ends at 25",
            "item 2, reservation `z`: the name is reserved with 4 bytes here, but with 8 bytes by item 0",
            "item 2, reservation `z`: the name is reserved at address 24 here, but at 16 by item 1",
            "item 0, reservation `z`: address 12 is not a multiple of the alignment 8",
        ]
    );
    let error = plan(&[], &Options::new(Width::Bits32, 9, 8)).map_err(|error| error.to_string());
    assert_eq!(error, Err("static data cannot be placed from address 9 to address 8".to_string()));
}

#[test]
fn many_items_are_planned_in_linear_time() -> Result<(), Error> {
    // Items of 100 bytes of which many pairs have long common suffixes.
    let text = |i: u32| [vec![b'a' + (i % 7) as u8; 92], i.to_le_bytes().to_vec(), vec![b'z'; 4]].concat();
    let distinct: Vec<Vec<u8>> = (0..100_000).map(text).collect();
    let suffixes: Vec<Vec<u8>> = (0..100_000).map(|i: usize| vec![b'a'; i % 1000]).collect();
    for texts in [&distinct, &suffixes] {
        let items: Vec<Item<'_>> = texts.iter().zip([1, 2, 8].into_iter().cycle()).map(|(t, a)| bytes(t, a)).collect();
        let start = Instant::now();
        plan(&items, &Options { limit: 1 << 26, ..OPTIONS })?;
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
    Ok(())
}

#[derive(Clone, Debug)]
struct Random {
    contents: Result<Vec<u8>, (u8, u64)>,
    alignment: u32,
    address: Option<u64>,
}

impl Random {
    fn item<'a>(&'a self, names: &'a [String]) -> Item<'a> {
        let contents = match &self.contents {
            Ok(bytes) => Contents::Bytes(bytes),
            Err((name, size)) => Contents::Zeros { name: &names[usize::from(*name)], size: *size },
        };
        Item { contents, alignment: 1 << self.alignment, address: self.address }
    }
}

/// Constants of few different bytes, so that many are suffixes of others.
fn constant() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(0..3_u8, 0..12),
        prop::collection::vec(any::<u8>(), 0..40),
        (prop::collection::vec(0..2_u8, 1..5), 0..60_usize).prop_map(|(bytes, zeros)| [bytes, vec![0; zeros]].concat()),
    ]
}

fn random() -> impl Strategy<Value = Random> {
    let contents = prop_oneof![
        4 => constant().prop_map(Ok),
        // The size follows from the name, so that equal names have equal sizes.
        1 => (0..6_u8).prop_map(|name| Err((name, u64::from(name) * 37 % 100))),
    ];
    (contents, prop_oneof![4 => 0..4_u32, 1 => 0..=16_u32], prop::option::weighted(0.2, 8..20_000_u64)).prop_map(
        |(contents, alignment, address)| {
            // Most fixed addresses are aligned.
            let alignment = if address.is_some() { alignment.min(3) } else { alignment };
            let address = address.map(|address| address >> alignment << alignment).map(|address| address.max(8));
            Random { contents, alignment, address }
        },
    )
}

/// What a fixed item of a random plan may be: those that overlap or contradict earlier ones are not fixed.
fn without_conflicts(items: &mut [Random], names: &[String]) {
    let mut by_name = BTreeMap::new();
    let mut used: Vec<(u64, u64)> = Vec::new();
    for random in items {
        let Some(address) = random.address else { continue };
        let end = address + random.item(names).size();
        let is_new_name = random.contents.as_ref().err().is_none_or(|(name, _)| by_name.insert(*name, ()).is_none());
        // The alignment of a name can be larger in another item.
        let is_aligned = random.contents.is_ok() || address.is_multiple_of(1 << 16);
        if is_new_name && is_aligned && used.iter().all(|(from, to)| end <= *from || *to <= address) {
            used.push((address, end));
        } else {
            random.address = None;
        }
    }
}

fn check_invariants(items: &[Item<'_>], options: &Options) -> Result<Plan, TestCaseError> {
    let plan = plan(items, options).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let image = image(&plan, options);
    let mut ranges = Vec::new();
    for (item, &address) in items.iter().zip(&plan.addresses) {
        prop_assert!(address.is_multiple_of(item.alignment));
        prop_assert!(item.address.is_none_or(|fixed| fixed == address));
        prop_assert!(address >= options.base && address + item.size() <= options.limit);
        if item.size() == 0 {
            continue;
        }
        prop_assert!(address + item.size() <= plan.end);
        let start = (address - options.base) as usize;
        let contents = &image[start..start + item.size() as usize];
        match item.contents {
            Contents::Bytes(bytes) => prop_assert_eq!(contents, bytes),
            Contents::Zeros { .. } => prop_assert!(contents.iter().all(|byte| *byte == 0)),
        }
        ranges.push((address, address + item.size(), item));
    }
    for (i, (start, end, item)) in ranges.iter().enumerate() {
        for (from, to, other) in &ranges[..i] {
            let is_shared = match (item.contents, other.contents) {
                (Contents::Zeros { name, .. }, Contents::Zeros { name: other, .. }) => name == other,
                (Contents::Bytes(bytes), Contents::Bytes(others)) => {
                    let is_suffix = bytes.ends_with(others) || others.ends_with(bytes);
                    let floats = item.address.is_none() && other.address.is_none();
                    // Two suffixes of a third constant end at the same address, too.
                    floats && options.sharing == Sharing::Shared && is_suffix && end == to
                }
                _ => false,
            };
            prop_assert!(is_shared || end <= from || to <= start, "{item:?} at {start} and {other:?} at {from}");
        }
    }
    for pair in plan.segments.windows(2) {
        prop_assert!(pair[0].end() < pair[1].address);
    }
    Ok(plan)
}

proptest! {
    #[test]
    fn plans_keep_their_invariants(
        mut items in prop::collection::vec(random(), 0..40),
        unshared in any::<bool>(),
        allowance in prop_oneof![Just(0), Just(1000), Just(ALLOWANCE)],
        wide in any::<bool>(),
    ) {
        let names: Vec<String> = (0..6).map(|name| format!("reservation {name}")).collect();
        without_conflicts(&mut items, &names);
        let items: Vec<Item<'_>> = items.iter().map(|item| item.item(&names)).collect();
        let sharing = if unshared { Sharing::Unshared } else { Sharing::Shared };
        let width = if wide { Width::Bits64 } else { Width::Bits32 };
        let options = Options { width, sharing, allowance, limit: 8 << 20, ..OPTIONS };
        let first = check_invariants(&items, &options)?;
        prop_assert_eq!(first, check_invariants(&items, &options)?, "plans are deterministic");
    }

    #[test]
    fn size_without_alignment_is_the_deduplicated_size_in_any_order(
        constants in prop::collection::vec(constant(), 0..40),
        order in any::<u64>(),
    ) {
        let mut items: Vec<Item<'_>> = constants.iter().map(|constant| bytes(constant, 1)).collect();
        let size = |items: &[Item<'_>]| plan(items, &OPTIONS).map(|plan| plan.end - OPTIONS.base);
        prop_assert_eq!(size(&items), Ok(deduplicated(&constants)));
        items.sort_by_cached_key(|item| {
            let Contents::Bytes(bytes) = item.contents else { return 0 };
            bytes.iter().fold(order, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
        });
        prop_assert_eq!(size(&items), Ok(deduplicated(&constants)));
    }

    #[test]
    fn size_of_random_strings_is_at_most_101_percent(
        utf8 in prop::collection::vec("[a-e ]{0,60}", 100..200),
        utf16 in prop::collection::vec("[a-e\u{20ac}]{0,60}", 50..100),
        order in any::<u64>(),
    ) {
        let utf16 = utf16.iter().map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let texts: Vec<(Vec<u8>, u64)> =
            utf8.into_iter().map(|text| (text.into_bytes(), 1)).chain(utf16.map(|bytes| (bytes, 2))).collect();
        let mut items: Vec<Item<'_>> = texts.iter().map(|(text, alignment)| bytes(text, *alignment)).collect();
        let rotation = order as usize % items.len();
        items.rotate_left(rotation);
        let plan = check_invariants(&items, &OPTIONS)?;
        let constants: Vec<Vec<u8>> = texts.into_iter().map(|(text, _)| text).collect();
        let (size, least) = (plan.end - OPTIONS.base, deduplicated(&constants));
        prop_assert!(100 * size <= 101 * least, "{size} bytes, but {least} are enough");
        prop_assert!(plan.data_size() <= size);
    }

    #[test]
    fn alignment_costs_at_most_the_padding(
        constants in prop::collection::vec((constant(), 0..5_u32), 0..40),
    ) {
        let items: Vec<Item<'_>> = constants.iter().map(|(constant, alignment)| bytes(constant, 1 << alignment)).collect();
        let plan = check_invariants(&items, &OPTIONS)?;
        let total: u64 = constants.iter().map(|(constant, _)| constant.len() as u64).sum();
        let padding: u64 = constants.iter().map(|(_, alignment)| (1 << alignment) - 1).sum();
        prop_assert!(plan.end - OPTIONS.base <= total + padding);
    }
}
