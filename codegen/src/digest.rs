//! Digests that distinguish modules.

/// The FNV-1a hash of bytes: deterministic, and very likely different for different bytes.
pub(crate) fn number(bytes: &[u8]) -> u32 {
    extended_number(0x811c_9dc5, bytes)
}

/// Extends a hash by further bytes.
pub(crate) fn extended_number(number: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(number, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_bytes_is_that_of_the_reference_implementation() {
        assert_eq!(number(b""), 0x811c_9dc5);
        assert_eq!(number(b"a"), 0xe40c_292c);
        assert_eq!(number(b"foobar"), 0xbf9c_f968);
    }
}
