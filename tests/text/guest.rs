//! A program that encodes and decodes many texts in one call. The host writes them to memory, and compares what comes back.

use crate::support;
use linmem::intrinsics::Element;
use linmem::{Config, Encoding};
use linmem_host::wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};
use std::sync::OnceLock;

/// The addresses of texts and of results, in the part of the memory that linmem does not use.
const IN: usize = 0x1_0000;
const OUT: usize = 0x60_0000;
const END: usize = 0x400_0000;

/// The encoding and the array type of a program, and how it is lowered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) encoding: Encoding,
    pub(crate) element: Element,
    pub(crate) segment: &'static str,
    pub(crate) simd: bool,
}

impl Kind {
    /// All encodings and array types, with vectors and without.
    pub(crate) fn all() -> Vec<Kind> {
        let mut all = Vec::new();
        for &encoding in Encoding::ALL {
            for element in [Element::I16, Element::I8] {
                all.extend([false, true].map(|simd| Kind { encoding, element, segment: "i64", simd }));
            }
        }
        all
    }

    pub(crate) fn utf16(encoding: Encoding, simd: bool) -> Kind {
        Kind { encoding, element: Element::I16, segment: "i64", simd }
    }
}

/// An instance of the program.
pub(crate) struct Guest {
    store: Store<()>,
    memory: Memory,
    encode: TypedFunc<(i32, i32, i32), i32>,
    decode: TypedFunc<(i32, i32, i32), i32>,
}

/// An engine that optimizes as in production, since each module runs for a long time.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&linmem_host::run::config()).unwrap())
}

const PROGRAM: &str = include_str!("program.wat");

/// Fills in the encoding, the elements and the type of segments of a program.
pub(crate) fn expand(program: &str, kind: Kind) -> String {
    let (upper, lower) = match kind.encoding {
        Encoding::Utf8 => ("Utf8", "utf8"),
        Encoding::Wtf8 => ("Wtf8", "wtf8"),
        Encoding::Latin1 => ("Latin1", "latin1"),
    };
    let text = program.replace("{Encoding}", upper).replace("{encoding}", lower);
    support::testfile::expand(&text.replace("{unit}", kind.element.name()), kind.segment)
}

/// Lowers a program.
pub(crate) fn link(program: &str, kind: Kind, config: Config) -> Vec<u8> {
    let text = expand(program, kind);
    linmem::link(text.as_bytes(), &config.with_simd(kind.simd)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

impl Guest {
    pub(crate) fn new(kind: Kind) -> Guest {
        let module = Module::new(engine(), link(PROGRAM, kind, Config::new())).unwrap();
        let mut store = Store::new(engine(), ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let encode = instance.get_typed_func(&mut store, "encode").unwrap();
        let decode = instance.get_typed_func(&mut store, "decode").unwrap();
        Guest { store, memory, encode, decode }
    }

    /// Encodes texts, and compares each with what is expected of it.
    pub(crate) fn expect_encoded(
        &mut self,
        texts: &[Vec<u16>],
        expected: impl Fn(&[u16]) -> Vec<u8>,
    ) -> Result<(), String> {
        let mut written = Vec::new();
        for text in texts {
            written.extend((text.len() as u32).to_le_bytes());
            written.extend(text.iter().flat_map(|unit| unit.to_le_bytes()));
        }
        let result = self
            .run(&written, |guest| guest.encode.call(&mut guest.store, (IN as i32, texts.len() as i32, OUT as i32)))?;
        let mut left = &result[..];
        for text in texts {
            let size = take(&mut left, 4)?;
            let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize;
            let expected = expected(text);
            for way in ["allocate", "set"] {
                let found = take(&mut left, size)?;
                if found != expected {
                    return Err(format!("{way} {text:04x?}: {found:02x?} instead of {expected:02x?}"));
                }
            }
        }
        Ok(())
    }

    /// Decodes texts, and compares each with what is expected of it.
    pub(crate) fn expect_decoded(
        &mut self,
        texts: &[Vec<u8>],
        expected: impl Fn(&[u8]) -> Vec<u16>,
    ) -> Result<(), String> {
        let mut written = Vec::new();
        for text in texts {
            written.extend((text.len() as u32).to_le_bytes());
            written.extend(text);
        }
        let result = self
            .run(&written, |guest| guest.decode.call(&mut guest.store, (IN as i32, texts.len() as i32, OUT as i32)))?;
        let mut left = &result[..];
        for text in texts {
            let count = take(&mut left, 4)?;
            let count = u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize;
            let found = take(&mut left, 2 * count)?;
            let found: Vec<u16> = found.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
            let expected = expected(text);
            if found != expected {
                return Err(format!("get {text:02x?}: {found:04x?} instead of {expected:04x?}"));
            }
        }
        Ok(())
    }

    fn run(
        &mut self,
        written: &[u8],
        call: impl FnOnce(&mut Guest) -> linmem_host::wasmtime::Result<i32>,
    ) -> Result<Vec<u8>, String> {
        assert!(IN + written.len() <= OUT, "a batch has {} bytes", written.len());
        self.memory.write(&mut self.store, IN, written).unwrap();
        let end = call(self).map_err(|error| format!("{error:?}"))? as usize;
        assert!(end <= END, "results end at {end:#x}");
        Ok(self.memory.data(&self.store)[OUT..end].to_vec())
    }
}

/// The next bytes of a result.
fn take<'a>(left: &mut &'a [u8], count: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = left.split_at_checked(count).ok_or("the result is too short")?;
    *left = rest;
    Ok(taken)
}
