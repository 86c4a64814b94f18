//! The loads and stores that a constant number of bytes is divided into.

use wasm_encoder::{InstructionSink, MemArg};

/// One load or store of a bulk operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::lower) struct Piece {
    /// The distance from the start.
    pub(in crate::engine::lower) offset: u32,
    /// The number of bytes: 8, 4, 2 or 1.
    pub(in crate::engine::lower) bytes: u32,
}

/// Returns a minimal list of pieces that covers `bytes` bytes. The last one may overlap the one before it.
pub(in crate::engine::lower) fn pieces(bytes: u32) -> Vec<Piece> {
    let mut list = Vec::new();
    let mut offset = 0;
    for width in [8, 4, 2, 1] {
        while bytes - offset >= width {
            list.push(Piece { offset, bytes: width });
            offset += width;
        }
        // Fewer than `width` bytes are left. If they would need two or more narrower pieces, and there are bytes before
        // them to overlap, cover them with one more piece of this width.
        let left = bytes - offset;
        if left.count_ones() > 1 && bytes >= width {
            list.push(Piece { offset: bytes - width, bytes: width });
            offset = bytes;
        }
    }
    list
}

/// The low `bytes` bytes of a pattern.
pub(in crate::engine::lower) fn narrow(pattern: i64, bytes: u32) -> i32 {
    match bytes {
        4 => pattern as i32,
        2 => i32::from(pattern as u16),
        _ => i32::from(pattern as u8),
    }
}

/// Stores the low `bytes` bytes, at most four, of the `i32` on the stack.
pub(in crate::engine::lower) fn store<'s, 'b>(
    sink: &'s mut InstructionSink<'b>,
    memarg: MemArg,
    bytes: u32,
) -> &'s mut InstructionSink<'b> {
    match bytes {
        4 => sink.i32_store(memarg),
        2 => sink.i32_store16(memarg),
        _ => sink.i32_store8(memarg),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lower::bulk::INLINE_BULK;

    #[test]
    fn pieces_cover_each_byte_once() {
        for bytes in 0..=INLINE_BULK {
            let mut covered = vec![false; bytes as usize];
            for piece in pieces(bytes) {
                for byte in piece.offset..piece.offset + piece.bytes {
                    covered[byte as usize] = true;
                }
            }
            assert!(covered.iter().all(|covered| *covered), "{bytes}");
            assert!(pieces(bytes).len() <= 8, "{bytes}: {:?}", pieces(bytes));
        }
        assert_eq!(pieces(7).len(), 2);
        assert_eq!(pieces(13).len(), 2);
        assert_eq!(pieces(12).len(), 2);
        assert_eq!(pieces(3).len(), 2);
    }
}
