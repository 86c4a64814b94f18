//! What traps, and in which order.

use crate::guest::{Guest, Kind, ints};
use crate::{AT, host};
use linmem::{Config, Encoding, OutOfMemory, Safety};
use linmem_host::wasmtime::Val;

const NOT_A_STRING: &str = "a reference is not a string";
const NULL: &str = "null is not a string";
const OUTSIDE: &str = "the index is outside of the string";

fn expect(found: Result<Vec<u32>, String>, expected: Result<u32, &str>, what: &str) -> Result<(), String> {
    let expected = expected.map(|value| vec![value]).map_err(str::to_string);
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// A range of a string is checked before anything is written, also one of no units.
pub(crate) fn check(kind: Kind, safety: Safety) -> Result<(), String> {
    let mut guest = Guest::new(kind, &Config::new().with_safety(safety));
    let region = guest.region();
    let text = host::string(&mut guest.store, &[0x61, 0x62, 0x20ac]);
    let other = host::other(&mut guest.store);
    let bytes = if kind.encoding == Encoding::Latin1 { 3 } else { 5 };
    let mut wrong = vec![
        (other, 0, 0, NOT_A_STRING),
        (text, 0, 4, OUTSIDE),
        (text, 4, 0, OUTSIDE),
        (text, 1, u32::MAX, OUTSIDE),
        (text, u32::MAX, 1, OUTSIDE),
        (text, 0x8000_0000, 0x8000_0000, OUTSIDE),
    ];
    if kind.nullable {
        wrong.push((Val::ExternRef(None), 0, 0, NULL));
    }
    let checked = safety >= Safety::Spatial && kind.segment != "i32";
    for (string, index, count, error) in wrong {
        let what = format!("{kind:?} {safety} {string:?} {index} {count}");
        let range = [&[string][..], &ints(&[index, count])].concat();
        expect(guest.outcome("size", &range), Err(error), &what)?;
        expect(guest.outcome("allocate", &[&[region][..], &range].concat()), Err(error), &what)?;
        expect(guest.outcome("set", &[&ints(&[AT, 8, 8])[..], &range].concat()), Err(error), &what)?;
        // The offset is outside of the segment, whatever the string is.
        let first = if checked { "OutOfBounds" } else { error };
        expect(guest.outcome("set", &[&ints(&[AT, 8, 9])[..], &range].concat()), Err(first), &what)?;
    }
    for (index, count, size) in [(0, 3, bytes), (3, 0, 0), (1, 1, 1)] {
        let what = format!("{kind:?} {safety} {index} {count}");
        let range = [&[text][..], &ints(&[index, count])].concat();
        expect(guest.outcome("size", &range), Ok(size), &what)?;
        for room in [size.saturating_sub(1), size, size + 1] {
            guest.memory.write(&mut guest.store, AT as usize, &[0xaa; 16]).map_err(|error| error.to_string())?;
            let fits = size <= room || !checked;
            let expected = if fits { Ok(size) } else { Err("OutOfBounds") };
            expect(guest.outcome("set", &[&ints(&[AT, room + 2, 2])[..], &range].concat()), expected, &what)?;
            let written = guest.bytes(AT as usize, 16).iter().filter(|byte| **byte != 0xaa).count();
            expect(Ok(vec![written as u32]), Ok(if fits { size } else { 0 }), &what)?;
        }
    }
    // Otherwise, all bytes must have been allocated.
    if safety < Safety::Temporal { at_end_of_memory(&mut guest, text, bytes) } else { Ok(()) }
}

/// A segment that ends after the memory: text that fits is written, and nothing of other text.
fn at_end_of_memory(guest: &mut Guest, text: Val, bytes: u32) -> Result<(), String> {
    const TRAP: &str = "wasm trap: out of bounds memory access";
    let end = guest.memory.data_size(&guest.store) as u32;
    let range = [&[text][..], &ints(&[0, 3])].concat();
    let place = |start| [&ints(&[start, 100, 0])[..], &range].concat();
    expect(guest.outcome("set", &place(end - bytes)), Ok(bytes), "text at the end of the memory")?;
    guest.memory.write(&mut guest.store, end as usize - 8, &[0xaa; 8]).map_err(|error| error.to_string())?;
    expect(guest.outcome("set", &place(end - bytes + 1)), Err(TRAP), "text across the end of the memory")?;
    if guest.bytes(end as usize - 8, 8) != [0xaa; 8] {
        return Err("text across the end of the memory is written in part".to_string());
    }
    let get = |guest: &mut Guest, start, bytes| match guest.call("get", &ints(&[start, 100, 0, bytes])) {
        Ok(made) => {
            host::units(&mut guest.store, &made[0]).map(|units| vec![units.len() as u32]).map_err(|e| e.to_string())
        }
        Err(error) => Err(error.root_cause().to_string()),
    };
    let found = get(guest, end, 0);
    expect(found, Ok(0), "no text at the end of the memory")?;
    let found = get(guest, end - 3, 4);
    expect(found, Err(TRAP), "text across the end of the memory")
}

#[test]
fn strings_and_ranges_are_checked_first() {
    for &encoding in Encoding::ALL {
        for segment in ["i32", "i64", "anyref"] {
            for nullable in [false, true] {
                for safety in [Safety::None, Safety::Spatial, Safety::Temporal] {
                    if segment != "i32" || safety != Safety::Spatial {
                        check(Kind { encoding, segment, nullable }, safety).unwrap();
                    }
                }
            }
        }
    }
}

/// An allocation fails only if there is no room for the text, and after the string was checked.
#[test]
fn memory_for_a_string_may_be_unavailable() {
    for out_of_memory in [OutOfMemory::Trap, OutOfMemory::Null] {
        for segment in ["i32", "i64"] {
            let kind = Kind { segment, ..Kind::new(Encoding::Utf8) };
            let mut text = kind.text();
            text = text.replace("(memory (export \"memory\") 4)", "(memory (export \"memory\") 2 4)");
            let config = Config::new().with_out_of_memory(out_of_memory);
            let mut guest = Guest::of(&linmem::link(text.as_bytes(), &config).unwrap());
            let string = host::string(&mut guest.store, &[0x61; 140_000]);
            let region = guest.region();
            let mut allocate = |string, count| {
                let result = guest.outcome("allocate", &[region, string, Val::I32(0), Val::I32(count)]);
                guest.reopen();
                result
            };
            assert_eq!(allocate(Val::ExternRef(None), 140_000), Err(NULL.to_string()));
            // Three bytes for each unit would not fit.
            assert!(allocate(string, 100_000).unwrap()[0] != 0);
            let refused = allocate(string, 140_000);
            match out_of_memory {
                OutOfMemory::Null => assert_eq!(refused, Ok(vec![0, 0])),
                _ => assert_eq!(refused, Err("OutOfMemory".to_string())),
            }
        }
    }
}
