//! Arguments of a call as text: numbers, and texts that are passed in the memory of the program.
//!
//! A text is one argument, and one or two parameters: what the function takes decides.

use super::value;
use crate::memory::{Detached, Error, GuestMemory};
use wasmtime::{AsContextMut, Val, ValType};
use wasmtime_wasi::I32Exit;

/// What an argument that is a text begins with.
const KINDS: [(&str, Kind); 4] =
    [("utf8:", Kind::Utf8), ("utf16:", Kind::Utf16), ("cstr:", Kind::Terminated), ("hex:", Kind::Hexadecimal)];

/// How the bytes of a text are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Utf8,
    Utf16,
    /// UTF-8 and a NUL.
    Terminated,
    Hexadecimal,
}

/// An argument.
pub(crate) enum Argument {
    /// A number.
    Number(Val),
    /// Bytes that are passed in memory.
    Bytes(Vec<u8>, Form),
}

/// How bytes are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Their address.
    Address,
    /// Their address and their number.
    AddressAndSize,
    /// Both in one `i64`, as linmem packs a segment.
    Packed,
    /// A reference to a segment.
    Reference,
}

impl Form {
    /// How many parameters the bytes are.
    fn parameters(self) -> usize {
        if self == Form::AddressAndSize { 2 } else { 1 }
    }
}

/// The kind of a text, and what follows its prefix.
fn split(argument: &str) -> Option<(Kind, &str)> {
    KINDS.iter().find_map(|(prefix, kind)| Some((*kind, argument.strip_prefix(prefix)?)))
}

/// Whether an argument is a text.
pub(crate) fn is_text(argument: &str) -> bool {
    split(argument).is_some()
}

/// Reads the argument for the first of `types`, and returns how many of them it takes. `address` is the type of addresses; it
/// is absent if the module does not export a memory. `segment` is the type of the segments that the module allocates, if it
/// does.
///
/// # Errors
///
/// Why it does not match.
pub(crate) fn parse(
    argument: &str,
    types: &[ValType],
    address: Option<&ValType>,
    segment: Option<&ValType>,
) -> Result<(Argument, usize), String> {
    let first = types.first().ok_or("the function has no parameter for it")?;
    let Some((kind, text)) = split(argument) else {
        let hint = |reason: String| match argument.starts_with(char::is_alphabetic) && address.is_some() {
            true => format!("{reason}; a text is written as `utf8:{argument}`"),
            false => reason,
        };
        return value::parse(argument, first).map(|value| (Argument::Number(value), 1)).map_err(hint);
    };
    let address = address.ok_or("a text requires a memory that is exported as `memory`")?;
    let is_address = |ty: Option<&ValType>| ty.is_some_and(|ty| ValType::eq(ty, address));
    let form = match first {
        _ if kind == Kind::Terminated && is_address(Some(first)) => Form::Address,
        ValType::Ref(_) if kind != Kind::Terminated => match segment {
            Some(segment) if segment.is_ref() && segment.matches(first) => Form::Reference,
            _ => {
                return Err(format!(
                    "`{argument}` cannot be passed as the type {first}, which is not that of a segment"
                ));
            }
        },
        ValType::I64 if kind != Kind::Terminated && address.is_i32() => Form::Packed,
        _ if kind != Kind::Terminated && is_address(Some(first)) && is_address(types.get(1)) => Form::AddressAndSize,
        _ if kind == Kind::Terminated => return Err(format!("`{argument}` is passed as an address, an {address}")),
        _ => {
            let packed = if address.is_i32() { ", as a packed segment, an i64," } else { "" };
            return Err(format!(
                "`{argument}` is passed as an address and a size, two {address}{packed} or as a reference to a segment"
            ));
        }
    };
    let bytes = match kind {
        Kind::Utf8 => text.as_bytes().to_vec(),
        Kind::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Kind::Terminated => [text.as_bytes(), &[0]].concat(),
        Kind::Hexadecimal => {
            hexadecimal(text).ok_or_else(|| format!("`{argument}` is not an even number of hexadecimal digits"))?
        }
    };
    Ok((Argument::Bytes(bytes, form), form.parameters()))
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let digits: Vec<u32> = text.as_bytes().iter().map(digit).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| (high << 4 | low) as u8).collect())
}

impl Argument {
    /// Adds the parameters to `values`. `memory` has the room for bytes, which belong to the returned owner.
    pub(crate) fn add_to(
        &self,
        values: &mut Vec<Val>,
        mut store: impl AsContextMut<Data: 'static>,
        memory: Option<&GuestMemory>,
    ) -> wasmtime::Result<Option<Detached>> {
        let (bytes, form) = match self {
            Argument::Number(value) => {
                values.push(*value);
                return Ok(None);
            }
            Argument::Bytes(bytes, form) => (bytes, form),
        };
        let memory = memory.ok_or_else(|| wasmtime::format_err!("the memory of the program is unknown"))?;
        let owner = memory.alloc_for_callee(&mut store, bytes).map_err(failed)?;
        let segment = owner.segment();
        let number = |number: u64| match memory.is_64() {
            true => Ok(Val::I64(number.cast_signed())),
            false => u32::try_from(number).map(|number| Val::I32(number.cast_signed())),
        };
        match form {
            Form::Address => values.push(number(segment.address)?),
            Form::AddressAndSize => values.extend([number(segment.address)?, number(segment.len)?]),
            Form::Packed => values.push(Val::I64(segment.to_packed().map_err(failed)?)),
            Form::Reference => values.push(owner.to_val(&mut store).map_err(failed)?),
        }
        Ok(Some(owner))
    }
}

/// The error of an allocation: the trap, if the program's allocator trapped, or the exit, if it ended the program.
pub(crate) fn failed(error: Error) -> wasmtime::Error {
    if let Some(trap) = error.trap() {
        return trap.into();
    }
    if let Error::Trapped { error, .. } = &error
        && let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>()
    {
        return I32Exit(*status).into();
    }
    error.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test fails by panicking")]

    use super::{Argument, Form, parse};
    use wasmtime::{RefType, ValType};

    const SEGMENT: ValType = ValType::Ref(RefType::ANYREF);

    /// How an argument is passed to these types, its bytes, and the number of parameters.
    fn passed(argument: &str, types: &[ValType], address: &ValType) -> Result<(Form, Vec<u8>, usize), String> {
        match parse(argument, types, Some(address), Some(&SEGMENT))? {
            (Argument::Bytes(bytes, form), count) => Ok((form, bytes, count)),
            (Argument::Number(_), _) => panic!("{argument} is a number"),
        }
    }

    #[test]
    fn types_decide_how_texts_are_passed() {
        use ValType::{F32, I32, I64};
        let text = b"a\xc3\xbc".to_vec();
        for (argument, types, address, expected) in [
            ("utf8:a\u{fc}", &[I32, I32, F32][..], I32, (Form::AddressAndSize, text.clone(), 2)),
            ("utf8:a\u{fc}", &[I64], I32, (Form::Packed, text.clone(), 1)),
            ("utf8:a\u{fc}", &[I64, I64], I64, (Form::AddressAndSize, text.clone(), 2)),
            ("utf8:a\u{fc}", &[ValType::Ref(RefType::ANYREF)], I32, (Form::Reference, text, 1)),
            ("cstr:a", &[I32, I32], I32, (Form::Address, b"a\0".to_vec(), 1)),
            ("cstr:", &[I64], I64, (Form::Address, b"\0".to_vec(), 1)),
            ("utf16:\u{1d11e}", &[I64], I32, (Form::Packed, vec![0x34, 0xd8, 0x1e, 0xdd], 1)),
            ("hex:00fF", &[I32, I32], I32, (Form::AddressAndSize, vec![0, 255], 2)),
            ("utf8:utf8:", &[I64], I32, (Form::Packed, b"utf8:".to_vec(), 1)),
            ("utf8:", &[I64], I32, (Form::Packed, vec![], 1)),
        ] {
            assert_eq!(passed(argument, types, &address), Ok(expected), "{argument}");
        }
        for (argument, types, address) in [
            ("utf8:a", &[I32][..], I32),
            ("utf8:a", &[I32, I64], I32),
            ("utf8:a", &[F32, I32], I32),
            ("utf8:a", &[I32, I32], I64),
            ("utf8:a", &[I64], I64),
            ("cstr:a", &[I64], I32),
            ("cstr:a", &[ValType::Ref(RefType::ANYREF)], I32),
            ("hex:0", &[I64], I32),
            ("hex:0g", &[I64], I32),
            ("hex:0\u{fc}", &[I64], I32),
        ] {
            assert!(passed(argument, types, &address).is_err(), "{argument}");
        }
        assert!(parse("utf8:a", &[I64], None, None).is_err());
        for (ty, segment) in [
            (SEGMENT, None),
            (SEGMENT, Some(I64)),
            (ValType::EXTERNREF, Some(SEGMENT)),
            (ValType::Ref(RefType::STRUCTREF), Some(SEGMENT)),
        ] {
            assert!(parse("utf8:a", std::slice::from_ref(&ty), Some(&I32), segment.as_ref()).is_err(), "{ty}");
        }
    }
}
