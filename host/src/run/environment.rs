//! The arguments and the environment of a program, as WASI preview 1 passes them: bytes, each text followed by a NUL.
//!
//! wasmtime's own functions take only UTF-8, so these replace them. Pointers come from the program: as in wasmtime, one
//! that is out of bounds or not aligned traps.

use super::options::Options;
use wasmtime::{Caller, Extern, Linker};
use wiggle::{GuestError, GuestMemory, GuestPtr};

/// The module that the functions are imported from.
const MODULE: &str = "wasi_snapshot_preview1";

/// The errnos that the functions return.
const SUCCESS: i32 = 0;
const OVERFLOW: i32 = 61;

/// The texts of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    args: Vec<Vec<u8>>,
    variables: Vec<Vec<u8>>,
}

/// One of the two lists.
type List = fn(&Environment) -> &[Vec<u8>];

impl Environment {
    pub(crate) fn new(options: &Options) -> Environment {
        let terminated = |parts: &[&[u8]]| parts.concat();
        Environment {
            args: options.args.iter().map(|text| terminated(&[text, b"\0"])).collect(),
            variables: options.env.iter().map(|(name, value)| terminated(&[name, b"=", value, b"\0"])).collect(),
        }
    }

    /// Adds the four functions of WASI that return these texts. `of` finds them in the state of a store.
    pub(crate) fn define<T: 'static>(linker: &mut Linker<T>, of: fn(&T) -> &Environment) -> wasmtime::Result<()> {
        let lists: [(&str, &str, List); 2] = [
            ("args_sizes_get", "args_get", |environment| &environment.args),
            ("environ_sizes_get", "environ_get", |environment| &environment.variables),
        ];
        for (sizes, get, list) in lists {
            linker.func_wrap(MODULE, sizes, move |mut caller: Caller<'_, T>, count: u32, size: u32| {
                with_memory(&mut caller, |memory, state| write_sizes(memory, list(of(state)), count, size))
            })?;
            linker.func_wrap(MODULE, get, move |mut caller: Caller<'_, T>, pointers: u32, texts: u32| {
                with_memory(&mut caller, |memory, state| write_texts(memory, list(of(state)), pointers, texts))
            })?;
        }
        Ok(())
    }
}

/// Calls `write` with the memory that a program exports for WASI, shared or not.
fn with_memory<T>(
    caller: &mut Caller<'_, T>,
    write: impl FnOnce(&mut GuestMemory<'_>, &T) -> Result<i32, GuestError>,
) -> wasmtime::Result<i32> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => {
            let (bytes, state) = memory.data_and_store_mut(caller);
            Ok(write(&mut GuestMemory::Unshared(bytes), state)?)
        }
        Some(Extern::SharedMemory(memory)) => Ok(write(&mut GuestMemory::Shared(memory.data()), caller.data())?),
        _ => Err(wasmtime::format_err!("missing required memory export")),
    }
}

/// Writes the number of texts, and the size of all together.
fn write_sizes(memory: &mut GuestMemory<'_>, list: &[Vec<u8>], count: u32, size: u32) -> Result<i32, GuestError> {
    let total = list.iter().map(Vec::len).sum::<usize>();
    let (Ok(number), Ok(total)) = (u32::try_from(list.len()), u32::try_from(total)) else { return Ok(OVERFLOW) };
    memory.write(GuestPtr::<u32>::new(count), number)?;
    memory.write(GuestPtr::<u32>::new(size), total)?;
    Ok(SUCCESS)
}

/// Writes the texts, and where each begins.
fn write_texts(memory: &mut GuestMemory<'_>, list: &[Vec<u8>], pointers: u32, texts: u32) -> Result<i32, GuestError> {
    let (mut pointer, mut at) = (GuestPtr::<u32>::new(pointers), GuestPtr::<u8>::new(texts));
    for text in list {
        let Ok(size) = u32::try_from(text.len()) else { return Ok(OVERFLOW) };
        memory.write(pointer, at.offset())?;
        memory.copy_from_slice(text, at.as_array(size))?;
        (pointer, at) = (pointer.add(1)?, at.add(size)?);
    }
    Ok(SUCCESS)
}
