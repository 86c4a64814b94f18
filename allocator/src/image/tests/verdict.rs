//! The conditions for images, at their edges, one by one.

use super::*;

#[test]
fn span_of_exactly_twice_the_data_is_sparse() {
    let spread = |gap: u32| one_page(vec![segment(0, i32_const(0), &[1; 8]), segment(0, i32_const(8 + gap), &[2; 8])]);
    assert_eq!(nonzero(&image(spread(15), 0)).len(), 16);
    assert_eq!(
        reason(spread(16), PAGE, 0),
        Reason::Sparse { memory: 0, data: 16, span: 32, first: 0, last: 1, allowance: 0 }
    );
}

#[test]
fn span_of_exactly_the_allowance_is_sparse() {
    let spread = || one_page(vec![segment(0, i32_const(1000), &[2]), segment(0, i32_const(1), &[1])]);
    assert_eq!(nonzero(&image(spread(), 1001)), [(1, 1), (1000, 2)]);
    let expected = Reason::Sparse { memory: 0, data: 2, span: 1000, first: 1, last: 0, allowance: 1000 };
    assert_eq!(reason(spread(), PAGE, 1000), expected);
}

#[test]
fn bytes_that_are_initialized_twice_count_twice() {
    // 8 bytes span 8 bytes, which is less than twice 8. Two more at the end of 24 bytes make 12 bytes of 24.
    let overlapping = |count: usize| {
        let mut segments = vec![segment(0, i32_const(0), &[1; 4]); count];
        segments.push(segment(0, i32_const(20), &[2; 4]));
        one_page(segments)
    };
    assert!(matches!(reason(overlapping(2), PAGE, 0), Reason::Sparse { data: 12, span: 24, .. }));
    assert_eq!(image(overlapping(3), 0).extent(), 0..24);
}

#[test]
fn empty_segment_beyond_the_end_is_out_of_bounds() {
    let empty = |address| one_page(vec![segment(0, i32_const(0), &[1]), segment(0, i32_const(address), &[])]);
    assert_eq!(extent(&image(empty(65536), 0)), (0, PAGE));
    let expected = Reason::OutOfBounds { segment: 1, memory: 0, offset: 65537, bytes: 0, minimum: 65536 };
    assert_eq!(reason(empty(65537), PAGE, 0), expected);
}

#[test]
fn empty_segments_do_not_widen_the_span() {
    let module = one_page(vec![
        segment(0, i32_const(0), &[]),
        segment(0, i32_const(60000), &[7]),
        segment(0, i32_const(65536), &[]),
    ]);
    assert_eq!(image(module, 0).extent(), 60000..60001);
    assert_eq!(images(one_page(vec![segment(0, i32_const(65536), &[])]), 0), [None]);
}

#[test]
fn offsets_in_a_64_bit_memory_are_i64() {
    let memory = Memory::defined(Width::Bits64, 1 << 20);
    let at = (1 << 36) - 1;
    let high = module(std::slice::from_ref(&memory), vec![segment(0, i64_const(at), &[9])]);
    let high = image(high, 0);
    assert_eq!((extent(&high), nonzero(&high)), (((1 << 36) - PAGE, PAGE), vec![(at, 9)]));
    let beyond = module(std::slice::from_ref(&memory), vec![segment(0, i64_const(1 << 36), &[9])]);
    assert!(matches!(reason(beyond, PAGE, 0), Reason::OutOfBounds { .. }));
    let narrow = module(&[memory], vec![segment(0, i32_const(0), &[9])]);
    assert_eq!(reason(narrow, PAGE, 0), Reason::OffsetType { segment: 0, width: Width::Bits64 });
    let wide = one_page(vec![segment(0, i64_const(0), &[9])]);
    assert_eq!(reason(wide, PAGE, 0), Reason::OffsetType { segment: 0, width: Width::Bits32 });
}

#[test]
fn page_size_one_is_below_the_hosts_only_if_there_is_data() {
    let memory = Memory { page_size_log2: 0, ..Memory::defined(Width::Bits32, 10) };
    let bytes = |address, data| module(std::slice::from_ref(&memory), vec![segment(0, i32_const(address), data)]);
    assert_eq!(reason(bytes(0, &[1]), PAGE, 0), Reason::PageSize { memory: 0, page_size: 1, host: PAGE });
    assert_eq!(images(bytes(10, &[]), 0), [None]);
    assert!(matches!(reason(bytes(11, &[]), PAGE, 0), Reason::OutOfBounds { minimum: 10, .. }));
    // With pages of one byte, an image needs no padding.
    let mut module = bytes(9, &[1]);
    assert_eq!(module.try_static_init(1, 0), Verdict::Static);
    let MemoryInitialization::Static { map } = module.initialization else { panic!("static") };
    assert_eq!(extent(map[0].as_ref().unwrap()), (9, 1));
}

#[test]
fn pages_of_the_hosts_size_are_not_below_it() {
    let full = || one_page(vec![segment(0, i32_const(65535), &[1])]);
    let mut module = full();
    assert_eq!(module.try_static_init(65536, 0), Verdict::Static);
    let MemoryInitialization::Static { map } = module.initialization else { panic!("static") };
    assert_eq!(extent(map[0].as_ref().unwrap()), (0, 65536));
    assert_eq!(reason(full(), 131072, 0), Reason::PageSize { memory: 0, page_size: 65536, host: 131072 });
}

#[test]
fn global_base_is_not_a_constant() {
    let based =
        |import| one_page(vec![segment(0, i32_const(0), &[1]), segment(0, Offset::Global { index: 3, import }, &[])]);
    assert_eq!(reason(based(None), PAGE, 0), Reason::GlobalOffset { segment: 1, global: 3, import: None });
    let imported = reason(based(Some(import())), PAGE, 0);
    assert_eq!(
        imported.to_string(),
        "the offset of data segment 1 is the value of global 3, which is imported as `env.x`"
    );
}

#[test]
fn extended_constant_expression_is_not_a_constant() {
    let one = ConstOp::Constant(Value::I32(1));
    let offset = Offset::Extended(vec![one, one, ConstOp::I32Add]);
    assert_eq!(offset.evaluate(|_| None), Some(Value::I32(2)));
    let module = one_page(vec![segment(0, offset, &[1])]);
    assert_eq!(reason(module, PAGE, 0), Reason::ExtendedOffset { segment: 0 });
}

#[test]
fn imported_memory_with_a_segment_has_no_image() {
    let memories =
        [Memory { import: Some(import()), ..Memory::defined(Width::Bits32, 1) }, Memory::defined(Width::Bits32, 1)];
    let filled = module(&memories, vec![segment(1, i32_const(0), &[1]), segment(0, i32_const(0), &[])]);
    let expected = Reason::ImportedMemory { segment: 1, memory: 0, import: import() };
    assert_eq!(reason(filled, PAGE, 0), expected);
    let unused = module(&memories, vec![segment(1, i32_const(0), &[1])]);
    let images = images(unused, 0);
    assert!(images[0].is_none() && images[1].is_some());
}

#[test]
fn one_memory_spoils_all() {
    let memories = vec![Memory::defined(Width::Bits32, 1); 3];
    let segments = |gap: u32| {
        let mut segments: Vec<_> = (0..3).map(|memory| segment(memory, i32_const(0), &[1; 4])).collect();
        segments.push(segment(1, i32_const(4 + gap), &[2; 4]));
        segments
    };
    let all = images(module(&memories, segments(7)), 0);
    assert_eq!(all.iter().flatten().count(), 3);
    let spoilt = reason(module(&memories, segments(8)), PAGE, 0);
    assert_eq!(spoilt, Reason::Sparse { memory: 1, data: 8, span: 16, first: 1, last: 3, allowance: 0 });
}

#[test]
fn segment_that_ends_exactly_at_the_minimum_is_in_bounds() {
    let at = |address| one_page(vec![segment(0, i32_const(address), &[1, 2])]);
    let expected = Reason::OutOfBounds { segment: 0, memory: 0, offset: 65535, bytes: 2, minimum: 65536 };
    assert_eq!(extent(&image(at(65534), 0)), (65536 - PAGE, PAGE));
    assert_eq!(reason(at(65535), PAGE, 0), expected);
}
