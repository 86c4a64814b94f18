//! The bytes of images.

use super::*;

#[test]
fn leading_and_trailing_zeroes_are_trimmed_across_pages() {
    let mut data = vec![0; 5 * PAGE as usize];
    data[2 * PAGE as usize + 10] = 1;
    data[2 * PAGE as usize + 20] = 2;
    let zeroes = [0; 100];
    let module = one_page(vec![
        segment(0, i32_const(0), &zeroes),
        segment(0, i32_const(5000), &data),
        segment(0, i32_const(5000 + data.len() as u32), &zeroes),
    ]);
    let image = image(module, 0);
    let first = 5000 + 2 * PAGE + 10;
    assert_eq!(image.extent(), first..first + 11);
    assert_eq!(extent(&image), (3 * PAGE, PAGE));
    assert_eq!(nonzero(&image), [(first, 1), (first + 10, 2)]);
    assert_eq!(image.to_trimmed_bytes(11).unwrap(), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
}

#[test]
fn last_byte_of_a_page_and_first_byte_of_the_next_take_two_pages() {
    let image = image(one_page(vec![segment(0, i32_const(2 * PAGE as u32 - 1), &[1, 2])]), 0);
    assert_eq!(extent(&image), (PAGE, 2 * PAGE));
}

#[test]
fn of_overlapping_segments_the_later_one_wins() {
    for (segments, expected) in [
        // Inside, across the start, across the end, all of it, and exactly at its boundaries.
        (vec![(0, "aaaaaa"), (2, "bb")], "aabbaa"),
        (vec![(2, "aaaa"), (0, "bbb")], "bbbaaa"),
        (vec![(0, "aaaa"), (3, "bbb")], "aaabbb"),
        (vec![(2, "aa"), (0, "bbbbbb")], "bbbbbb"),
        (vec![(0, "aaa"), (0, "b"), (2, "c")], "bac"),
        (vec![(0, "aa"), (2, "bb"), (4, "cc"), (1, "dddd")], "addddc"),
        (vec![(0, "aaaa"), (0, "bbbb"), (0, "cc")], "ccbb"),
    ] {
        let segments = segments.into_iter().map(|(address, data)| segment(0, i32_const(address), data.as_bytes()));
        let image = image(one_page(segments.collect()), 0);
        assert_eq!(image.to_trimmed_bytes(100).unwrap(), expected.as_bytes());
        let ends = image.runs().iter().map(|run| run.address + run.data.len() as u64);
        assert!(ends.zip(&image.runs()[1..]).all(|(end, next)| end <= next.address), "{:?}", image.runs());
    }
}

#[test]
fn zeroes_overwrite_earlier_bytes() {
    let image = image(one_page(vec![segment(0, i32_const(0), &[1, 2, 3, 4]), segment(0, i32_const(2), &[0, 0])]), 0);
    assert_eq!((image.extent(), nonzero(&image)), (0..2, vec![(0, 1), (1, 2)]));
}

#[test]
fn last_byte_of_a_4_gib_memory_has_an_image() {
    let module = module(&[Memory::defined(Width::Bits32, 65536)], vec![segment(0, i32_const(u32::MAX), &[1])]);
    let image = image(module, 0);
    assert_eq!((extent(&image), image.extent()), (((1 << 32) - PAGE, PAGE), u32::MAX.into()..1 << 32));
}

#[test]
fn zero_data_has_an_image_of_zeroes() {
    let image = image(one_page(vec![segment(0, i32_const(5000), &[0; 10])]), 0);
    assert!(image.is_zero());
    assert_eq!((extent(&image), image.extent(), nonzero(&image)), ((PAGE, PAGE), 5000..5010, vec![]));
}

#[test]
fn memories_without_segments_are_static() {
    assert_eq!(images(module(&[], vec![]), 0), []);
    assert_eq!(images(one_page(vec![]), 0), [None]);
}

#[test]
fn second_attempt_keeps_the_images() {
    let mut module = one_page(vec![segment(0, i32_const(0), &[1])]);
    assert_eq!(module.try_static_init(PAGE, 0), Verdict::Static);
    let before = module.clone();
    assert_eq!(module.try_static_init(65536, 0), Verdict::Static);
    assert_eq!((module.reasons(0, 0), &module), (vec![], &before));
    assert!(!module.initialization.is_segmented());
}

#[test]
fn random_segments_make_the_bytes_that_writing_them_makes() {
    let mut state = 1u64;
    let mut next = |limit: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % limit
    };
    for _ in 0..2000 {
        let segments: Vec<(u32, Vec<u8>)> =
            (0..next(12)).map(|_| (next(200) as u32, (0..next(60)).map(|_| next(3) as u8).collect())).collect();
        let mut expected = vec![0; 4096];
        for (address, data) in &segments {
            expected[*address as usize..][..data.len()].copy_from_slice(data);
        }
        let module = one_page(segments.iter().map(|(address, data)| segment(0, i32_const(*address), data)).collect());
        let image = images(module, u64::MAX).remove(0);
        let bytes = image.map_or(vec![0; 4096], |image| image.to_bytes(4096).unwrap());
        assert!(bytes == expected, "{segments:?}");
    }
}
