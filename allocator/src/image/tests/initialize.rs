//! The execution of segments and images.

use super::*;

/// An instance with memories of bytes.
struct Instance {
    pages: Vec<u64>,
    bytes: Vec<Vec<u8>>,
    global: Option<Value>,
    writes: usize,
}

impl Instance {
    fn new(pages: &[u64]) -> Instance {
        let bytes = pages.iter().map(|pages| vec![0; *pages as usize * 65536]).collect();
        Instance { pages: pages.to_vec(), bytes, global: None, writes: usize::MAX }
    }
}

impl InitMemory for Instance {
    fn size_in_pages(&mut self, memory: u32) -> Option<u64> {
        self.pages.get(memory as usize).copied()
    }

    fn global(&mut self, global: u32) -> Option<Value> {
        assert_eq!(global, 0);
        self.global
    }

    fn write(&mut self, memory: u32, address: u64, data: &[u8]) -> bool {
        let Some(left) = self.writes.checked_sub(1) else { return false };
        self.writes = left;
        self.bytes[memory as usize][address as usize..][..data.len()].copy_from_slice(data);
        true
    }
}

#[test]
fn both_forms_initialize_the_same_bytes() {
    let mut module = module(
        &vec![Memory::defined(Width::Bits32, 1); 2],
        vec![
            segment(1, i32_const(8), b"hello"),
            segment(0, i32_const(9), b"abc"),
            segment(1, i32_const(10), b"XY"),
            segment(1, i32_const(65536), b""),
        ],
    );
    let mut segmented = Instance::new(&[1, 1]);
    module.init_memory(&mut segmented).unwrap();
    assert_eq!(&segmented.bytes[1][7..14], b"\0heXYo\0");
    assert_eq!(module.try_static_init(PAGE, 0), Verdict::Static);
    let mut mapped = Instance::new(&[1, 1]);
    module.init_memory(&mut mapped).unwrap();
    assert!(segmented.bytes == mapped.bytes);
}

#[test]
fn initialization_uses_the_size_and_the_globals_of_the_instance() {
    let global = Offset::Global { index: 0, import: None };
    let module = one_page(vec![segment(0, i32_const(65535), &[1, 2]), segment(0, global, &[3])]);
    let mut instance = Instance::new(&[2]);
    assert_eq!(module.init_memory(&mut instance), Err(InitError::UnknownOffset { segment: 1 }));
    instance.global = Some(Value::I64(100));
    assert_eq!(module.init_memory(&mut instance), Err(InitError::UnknownOffset { segment: 1 }));
    instance.global = Some(Value::I32(100));
    assert_eq!(module.init_memory(&mut instance), Ok(()));
    assert_eq!((&instance.bytes[0][65535..65537], instance.bytes[0][100]), (&[1, 2][..], 3));
}

#[test]
fn initialization_ends_at_the_first_segment_that_is_out_of_bounds() {
    let module = one_page(vec![
        segment(0, i32_const(0), &[1]),
        segment(0, i32_const(65537), &[]),
        segment(0, i32_const(1), &[2]),
    ]);
    let mut instance = Instance::new(&[1]);
    let expected = InitError::OutOfBounds { memory: 0, address: 65537, bytes: 0 };
    assert_eq!(module.init_memory(&mut instance), Err(expected));
    assert_eq!(instance.bytes[0][..2], [1, 0]);
}

#[test]
fn initialization_ends_at_a_write_that_fails() {
    let module =
        one_page(vec![segment(0, i32_const(5), &[]), segment(0, i32_const(0), &[1]), segment(0, i32_const(1), &[2])]);
    let mut instance = Instance { writes: 1, ..Instance::new(&[1]) };
    let expected = InitError::Write { memory: 0, address: 1, bytes: 1 };
    assert_eq!(module.init_memory(&mut instance), Err(expected));
    assert_eq!(instance.bytes[0][..2], [1, 0]);
}

#[test]
fn initialization_of_an_unknown_memory_ends() {
    let unknown = Err(InitError::UnknownSize { memory: 1 });
    assert_eq!(one_page(vec![segment(1, i32_const(0), &[])]).init_memory(&mut Instance::new(&[1, 1])), unknown);
    let two = module(&vec![Memory::defined(Width::Bits32, 1); 2], vec![segment(1, i32_const(0), &[])]);
    assert_eq!(two.init_memory(&mut Instance::new(&[1])), unknown);
}

#[test]
fn initialization_of_a_memory_of_2_to_the_64_bytes_does_not_overflow() {
    let module = module(&[Memory::defined(Width::Bits64, 1 << 48)], vec![segment(0, i64_const(u64::MAX), &[1])]);
    struct Written(Option<u64>);
    impl InitMemory for Written {
        fn size_in_pages(&mut self, _: u32) -> Option<u64> {
            Some(1 << 48)
        }
        fn global(&mut self, _: u32) -> Option<Value> {
            None
        }
        fn write(&mut self, _: u32, address: u64, _: &[u8]) -> bool {
            self.0 = Some(address);
            true
        }
    }
    let mut written = Written(None);
    assert_eq!((module.init_memory(&mut written), written.0), (Ok(()), Some(u64::MAX)));
}
