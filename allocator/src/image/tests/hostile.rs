//! Numbers at the limits, invalid modules, and several reasons at once.

use super::*;

#[test]
fn host_page_size_must_be_a_power_of_two() {
    for page_size in [0, 3, 4097, u64::MAX] {
        assert_eq!(reason(one_page(vec![]), page_size, 0), Reason::HostPageSize { page_size });
    }
}

#[test]
fn segment_at_the_end_of_the_address_space_is_out_of_bounds() {
    let memory = Memory::defined(Width::Bits64, (1 << 48) - 1);
    for address in [u64::MAX, u64::MAX - 1, u64::MAX - 65535] {
        let module = module(std::slice::from_ref(&memory), vec![segment(0, i64_const(address), &[1, 2])]);
        let minimum = u64::MAX - 65535;
        let expected = Reason::OutOfBounds { segment: 0, memory: 0, offset: address, bytes: 2, minimum };
        assert_eq!(reason(module, PAGE, u64::MAX), expected);
    }
}

#[test]
fn minimum_of_2_to_the_64_bytes_is_never_static() {
    for (minimum, page_size_log2) in [(1 << 48, 16), (1, 64), (1, 255), (0, u32::MAX), (u64::MAX, 1)] {
        let memory = Memory { page_size_log2, ..Memory::defined(Width::Bits64, minimum) };
        let module = module(&[memory], vec![segment(0, i64_const(0), &[])]);
        assert_eq!(reason(module, PAGE, 0), Reason::MinimumSize { segment: 0, memory: 0 });
    }
}

#[test]
fn enormous_span_that_is_allowed_has_a_sparse_image() {
    let memory = Memory::defined(Width::Bits64, (1 << 48) - 1);
    let far = u64::MAX - 65536;
    let spread = || {
        module(std::slice::from_ref(&memory), vec![segment(0, i64_const(far), &[2]), segment(0, i64_const(0), &[1])])
    };
    let expected = Reason::Sparse { memory: 0, data: 2, span: far + 1, first: 1, last: 0, allowance: 1 << 60 };
    assert_eq!(reason(spread(), PAGE, 1 << 60), expected);
    let image = image(spread(), u64::MAX);
    assert_eq!(extent(&image), (0, u64::MAX - 65535));
    assert_eq!(image.runs(), [Run { address: 0, data: &[1] }, Run { address: far, data: &[2] }]);
    let error = image.to_bytes(1 << 30).unwrap_err();
    assert_eq!((error.size, error.limit), (u64::MAX - 65535, 1 << 30));
    assert!(image.to_bytes(u64::MAX).is_err(), "this many bytes cannot be allocated");
}

#[test]
fn segments_that_cover_each_other_take_one_run() {
    // Their sizes sum to 2^24 bytes, far more than the memory has.
    let data = vec![1; 1 << 12];
    let segments = (0..1 << 12).map(|_| segment(0, i32_const(0), &data)).collect();
    let image = image(one_page(segments), 0);
    assert_eq!((image.runs().len(), image.size()), (1, PAGE));
}

#[test]
fn segment_of_an_unknown_memory_is_a_reason() {
    let module = one_page(vec![segment(1, i32_const(0), &[])]);
    assert_eq!(reason(module, PAGE, 0), Reason::UnknownMemory { segment: 0, memory: 1 });
}

#[test]
fn all_segments_at_fault_are_reasons() {
    let mut module = one_page(vec![
        segment(0, Offset::Extended(vec![]), &[1]),
        segment(0, i32_const(0), &[1]),
        segment(0, i32_const(70000), &[1]),
        segment(0, Offset::Global { index: 0, import: None }, &[1]),
    ]);
    let reasons = module.reasons(PAGE, 0);
    assert_eq!(reasons.iter().map(Reason::segment).collect::<Vec<_>>(), [Some(0), Some(2), Some(3)]);
    assert_eq!(module.try_static_init(PAGE, 0), Verdict::Segmented(reasons[0].clone()));
}
