//! Durations and sizes on the command line.

use std::time::Duration;

/// A duration: a number and its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60 * 1000), ("h", 60 * 60 * 1000)];
    match scaled(text, &UNITS) {
        Some(0) => Err("the duration is zero".to_string()),
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        None => Err(format!("`{text}` is not a whole number with one of the units ms, s, m and h")),
    }
}

/// A number of bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    scaled(text, &UNITS).ok_or_else(|| format!("`{text}` is not a number of bytes, KiB, MiB or GiB"))
}

/// A decimal number that a unit scales; the first unit that matches is taken.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, factor) = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse::<u64>().ok()?.checked_mul(*factor)).flatten()
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration};
    use std::time::Duration;

    #[test]
    fn durations_have_units() {
        for (text, milliseconds) in [("500ms", 500), ("2s", 2000), ("1m", 60_000), ("3h", 10_800_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)));
        }
        for text in ["", "5", "ms", "-1s", "+1s", "1.5s", "0s", "1 s", "1d", "18446744073709551615h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_may_have_units() {
        for (text, expected) in [("0", 0), ("65536", 65_536), ("64KiB", 65_536), ("3MiB", 3 << 20), ("4GiB", 4 << 30)] {
            assert_eq!(bytes(text), Ok(expected));
        }
        for text in ["", "KiB", "-1", "+1", "1kB", "1.5MiB", "0x10", "18446744073709551615KiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
