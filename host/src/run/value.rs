//! Values of WebAssembly as text: arguments of a call, and its results. What is printed for a number can be read again.

use wasmtime::{V128, Val, ValType};

/// Reads a value of a type: integers in decimal or hexadecimal, signed or not; floating-point numbers in decimal, `inf`,
/// `nan`, and `nan:0x` with a payload.
///
/// # Errors
///
/// Why it is not a value of the type.
pub(crate) fn parse(text: &str, ty: &ValType) -> Result<Val, String> {
    let not_a = |kind: &str| format!("`{text}` is not a number of the type {ty}: {kind}");
    const INTEGER: &str = "an integer is decimal, or hexadecimal after `0x`";
    const FLOAT: &str = "a floating-point number is decimal, `inf`, `nan` or `nan:0x` and a payload";
    match ty {
        ValType::I32 => match integer(text).ok_or_else(|| not_a(INTEGER))? {
            value if (i128::from(i32::MIN)..=i128::from(u32::MAX)).contains(&value) => Ok(Val::I32(value as i32)),
            _ => Err(not_a("it is out of range")),
        },
        ValType::I64 => match integer(text).ok_or_else(|| not_a(INTEGER))? {
            value if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value) => Ok(Val::I64(value as i64)),
            _ => Err(not_a("it is out of range")),
        },
        ValType::F32 => {
            let bits = nan(text, 8, 23).map(|bits| bits as u32);
            let bits = bits.or_else(|| finite(text).map(f32::to_bits)).ok_or_else(|| not_a(FLOAT))?;
            Ok(Val::F32(bits))
        }
        ValType::F64 => {
            let bits = nan(text, 11, 52).or_else(|| finite(text).map(f64::to_bits)).ok_or_else(|| not_a(FLOAT))?;
            Ok(Val::F64(bits))
        }
        ValType::V128 => {
            let bits = unsigned(text).ok_or_else(|| not_a("it is an integer below 2^128"))?;
            Ok(Val::V128(V128::from(bits)))
        }
        ValType::Ref(_) => Err(format!("a parameter of the type {ty} cannot be given: it is a reference")),
    }
}

/// A value as text.
pub(crate) fn print(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => match f32::from_bits(*bits) {
            value if value.is_nan() => print_nan(u64::from(*bits), 8, 23),
            value => format!("{value:?}"),
        },
        Val::F64(bits) => match f64::from_bits(*bits) {
            value if value.is_nan() => print_nan(*bits, 11, 52),
            value => format!("{value:?}"),
        },
        Val::V128(value) => format!("{:#034x}", value.as_u128()),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) | Val::ContRef(None) => {
            "null".to_string()
        }
        Val::FuncRef(_) | Val::ExternRef(_) | Val::AnyRef(_) | Val::ExnRef(_) | Val::ContRef(_) => {
            "a reference".to_string()
        }
    }
}

fn unsigned(text: &str) -> Option<u128> {
    // The standard library also accepts a sign.
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    (!digits.starts_with('+')).then(|| u128::from_str_radix(digits, radix).ok()).flatten()
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = sign(text);
    let value = i128::try_from(unsigned(digits)?).ok()?;
    Some(if negative { -value } else { value })
}

/// Splits the sign from a number.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A number that is not NaN. A decimal number must not be so large that it is infinite.
fn finite<F: std::str::FromStr + Into<f64> + Copy>(text: &str) -> Option<F> {
    let value: F = text.parse().ok()?;
    let wide: f64 = value.into();
    let has_digits = text.contains(|c: char| c.is_ascii_digit());
    (!wide.is_nan() && wide.is_infinite() != has_digits).then_some(value)
}

/// The bits of a NaN, in a format with so many bits of exponent and fraction.
fn nan(text: &str, exponent: u32, fraction: u32) -> Option<u64> {
    let (negative, rest) = sign(text);
    let payload = match rest.strip_prefix("nan")? {
        "" => 1 << (fraction - 1),
        rest => {
            let payload = unsigned(rest.strip_prefix(':').filter(|rest| rest.starts_with("0x"))?)?;
            u64::try_from(payload).ok().filter(|payload| *payload != 0 && *payload < 1 << fraction)?
        }
    };
    let sign = u64::from(negative) << (exponent + fraction);
    Some(sign | ((1 << exponent) - 1) << fraction | payload)
}

fn print_nan(bits: u64, exponent: u32, fraction: u32) -> String {
    let sign = if bits >> (exponent + fraction) == 0 { "" } else { "-" };
    match bits & ((1 << fraction) - 1) {
        payload if payload == 1 << (fraction - 1) => format!("{sign}nan"),
        payload => format!("{sign}nan:{payload:#x}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{parse, print};
    use wasmtime::ValType;

    /// What is printed for a text that is read as a type.
    fn echo(text: &str, ty: &ValType) -> Option<String> {
        parse(text, ty).ok().map(|value| print(&value))
    }

    #[test]
    fn integers_are_read_signed_and_unsigned() {
        for (text, expected) in [
            ("0", Some("0")),
            ("-1", Some("-1")),
            ("+7", Some("7")),
            ("4294967295", Some("-1")),
            ("0xffffffff", Some("-1")),
            ("-0x80000000", Some("-2147483648")),
            ("4294967296", None),
            ("-2147483649", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("+-1", None),
            ("0x", None),
            ("0x-1", None),
            ("1.0", None),
            ("ff", None),
        ] {
            assert_eq!(echo(text, &ValType::I32).as_deref(), expected, "{text}");
        }
        assert_eq!(echo("0xffffffffffffffff", &ValType::I64).as_deref(), Some("-1"));
        assert_eq!(echo("0x10000000000000000", &ValType::I64), None);
        assert_eq!(echo("-9223372036854775808", &ValType::I64).as_deref(), Some("-9223372036854775808"));
        let wide = "0x0123456789abcdef0123456789abcdef";
        assert_eq!(echo(wide, &ValType::V128).as_deref(), Some(wide));
        assert_eq!(echo("-1", &ValType::V128), None);
    }

    #[test]
    fn floats_print_as_they_are_read() {
        for text in ["1.5", "-0.0", "1e300", "inf", "-inf", "nan", "-nan", "nan:0x1", "-nan:0xfffffffffffff", "0.1"] {
            assert_eq!(echo(text, &ValType::F64).as_deref(), Some(text));
        }
        for text in ["0.1", "3.4028235e38", "-inf", "nan", "nan:0x7fffff"] {
            assert_eq!(echo(text, &ValType::F32).as_deref(), Some(text));
        }
        for text in ["1e999", "x", "", "nan:", "nan:0x0", "nan:5", "nan:0x10000000000000", "0x1p3"] {
            assert_eq!(echo(text, &ValType::F64), None, "{text}");
        }
        assert_eq!(echo("nan:0x800000", &ValType::F32), None);
        assert_eq!(echo("3.5e38", &ValType::F32), None);
    }
}
