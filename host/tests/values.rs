//! Typed reads and writes, strings, and what functions of a guest return.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test is not a library")]

mod support;

use linmem_host::memory::zerocopy::little_endian::{F64, U16, U32};
use linmem_host::memory::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};
use linmem_host::memory::{Error, Grow, GuestMemory, Segment, Zero};
use linmem_host::wasmtime::Store;
use support::guest;

/// A record as C lays it out in a guest: `struct { float64_t; uint32_t; uint16_t; char[2]; }`.
#[derive(Clone, Copy, Debug, PartialEq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Record {
    ratio: F64,
    count: U32,
    kind: U16,
    tag: [u8; 2],
}

const RECORD: Record = Record { ratio: F64::new(1.5), count: U32::new(0x0102_0304), kind: U16::new(5), tag: *b"ab" };

fn page() -> (Store<()>, GuestMemory) {
    let (store, _, memory) = guest(r#"(module (memory (export "memory") 1))"#);
    (store, memory)
}

#[test]
fn scalars_are_little_endian() {
    let (mut store, memory) = page();
    memory.write(&mut store, 100, 0x0102_0304_u32).unwrap();
    assert_eq!(memory.slice(&store, 100, 4).unwrap(), [4, 3, 2, 1]);
    assert_eq!(memory.read::<u16>(&store, 101).unwrap(), 0x0203);
    memory.write(&mut store, 65528, f64::MIN).unwrap();
    assert_eq!(memory.read::<f64>(&store, 65528_u64).unwrap(), f64::MIN);
    let error = memory.write(&mut store, 65529, 0_u64).unwrap_err();
    assert_eq!(error.to_string(), "8 bytes at address 65529 are outside of the memory, which has 65536 bytes");
    memory.write_scalars(&mut store, 200, &[-1_i16, 2, 3]).unwrap();
    assert_eq!(memory.read_scalars::<i16>(&store, 200, 3_u32).unwrap(), [-1, 2, 3]);
    assert_eq!(memory.slice(&store, 200, 6).unwrap(), [255, 255, 2, 0, 3, 0]);
    assert!(memory.write_scalars(&mut store, 65534, &[1_u8, 2, 3]).is_err());
}

#[test]
fn records_are_read_in_place_and_copied() {
    let (mut store, memory) = page();
    memory.write_record(&mut store, 1001, &RECORD).unwrap();
    assert_eq!(memory.slice(&store, 1009, 8).unwrap(), [4, 3, 2, 1, 5, 0, b'a', b'b']);
    assert_eq!(memory.read_record::<Record>(&store, 1001).unwrap(), RECORD);
    let record: &Record = memory.record(&store, 1001).unwrap();
    assert_eq!((record.count.get(), record.ratio.get()), (0x0102_0304, 1.5));
    memory.write_records(&mut store, 2000, &[RECORD; 3]).unwrap();
    assert_eq!(memory.read_records::<Record>(&store, 2000, 3).unwrap(), [RECORD; 3]);
    assert_eq!(memory.read_records::<Record>(&store, 2000, 0).unwrap(), []);
    for address in [65521, u32::MAX as i32] {
        assert!(matches!(memory.read_record::<Record>(&store, address), Err(Error::OutOfBounds { len: 16, .. })));
        assert!(memory.record::<Record, _>(&store, address).is_err());
        assert!(memory.write_record(&mut store, address, &RECORD).is_err());
    }
    let error = memory.read_records::<Record>(&store, 0, u64::MAX).unwrap_err();
    assert!(matches!(error, Error::OutOfBounds { len: u64::MAX, .. }));
}

#[test]
fn texts_are_utf8_and_utf16() {
    let (mut store, memory) = page();
    let len = memory.write_utf8(&mut store, 10, "Straße 💡").unwrap();
    assert_eq!(memory.utf8(&store, 10, len).unwrap(), "Straße 💡");
    assert_eq!(memory.read_utf8(&store, 10, len).unwrap(), "Straße 💡");
    let error = memory.read_utf8(&store, 10, len - 1).unwrap_err();
    assert_eq!(error.to_string(), "the 11 bytes at address 10 are not UTF-8: byte 8 begins an invalid sequence");
    assert!(matches!(memory.utf8(&store, 10, len - 1), Err(Error::NotUtf8 { valid: 8, .. })));
    let units = memory.write_utf16(&mut store, 100, "Straße 💡").unwrap();
    assert_eq!(units, 9);
    assert_eq!(memory.read_utf16(&store, 100, units).unwrap(), "Straße 💡");
    assert!(matches!(memory.read_utf16(&store, 100, 8), Err(Error::NotUtf16 { units: 8, .. })));
    assert_eq!(memory.read_utf16_lossy(&store, 100, 8).unwrap(), "Straße \u{fffd}");
    assert!(memory.read_utf16(&store, 65534, 2).is_err());
    let allocation = memory.alloc_utf16(&mut store, "ß", Grow::Allowed, Zero::OnDrop).unwrap();
    assert_eq!(allocation.as_slice().unwrap(), [0xdf, 0]);
}

#[test]
fn outputs_are_found() {
    let (mut store, memory) = page();
    memory.write_bytes(&mut store, 1000, b"text\0").unwrap();
    assert_eq!(memory.get_nul_output(&store, 1000).unwrap(), Segment { address: 1000, len: 4 });
    assert_eq!(memory.get_nul_output(&store, 1004).unwrap().len, 0);
    let packed = Segment::new(1000, 4).to_packed().unwrap();
    assert_eq!(packed, (4 << 32) | 1000);
    assert_eq!(memory.get_packed_output(&store, packed).unwrap(), Segment::new(1000, 4));
    memory.write_scalars(&mut store, 500, &[1000_u32, 2]).unwrap();
    assert_eq!(memory.get_list_output(&store, 500, 2).unwrap(), Segment::new(1000, 4));
    assert!(memory.get_list_output(&store, 65532, 2).is_err());
    memory.write_bytes(&mut store, 65530, b"no end").unwrap();
    let error = memory.get_nul_output(&store, 65530).unwrap_err();
    assert_eq!(error.to_string(), "the string at address 65530 has no NUL within 6 bytes");
    assert!(matches!(memory.get_nul_output(&store, -1), Err(Error::OutOfBounds { .. })));
    assert!(matches!(memory.get_nul_output(&store, 65536), Err(Error::NoNul { searched: 0, .. })));
}

#[test]
fn segments_convert_to_arguments() {
    let high = Segment::new(0x8000_0000_u32, 0xffff_ffff_u32);
    assert_eq!((high.to_i32().unwrap(), high.len_i32().unwrap()), (i32::MIN, -1));
    assert_eq!(Segment::unpack(high.to_packed().unwrap()), high);
    assert_eq!(Segment::new(-1, -1).len, u64::from(u32::MAX));
    let wide = Segment::new(1_u64 << 32, 1);
    assert!(matches!(wide.to_i32(), Err(Error::TooLarge { bits: 32, .. })));
    assert!(wide.to_packed().is_err());
    assert_eq!(wide.to_i64(), 1 << 32);
}
