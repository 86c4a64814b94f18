//! The shape and the arity of wasm-encoder's instructions.

use crate::engine::compare::{Relation, Sign};
use crate::engine::shape::{Arity, Shape, plain_instructions};
use wasm_encoder::Instruction;

macro_rules! shapes {
    ($(($pops:literal -> $pushes:literal, $shape:expr): $($name:ident)+;)+) => {
        /// The shape and the arity of an instruction other than control instructions, calls and accesses to locals. The
        /// arity of an instruction that is not in the table is unknown.
        pub(super) fn shape(instruction: &Instruction<'_>) -> (Shape, Arity) {
            match instruction {
                $($(Instruction::$name { .. })|+ => ($shape, Arity::Known { pops: $pops, pushes: $pushes }),)+
                _ => (Shape::Effect, Arity::Unknown),
            }
        }
    };
}
plain_instructions!(shapes);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::shape::{plain_arity, shape as shape_of_operator};
    use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
    use wasmparser::{BinaryReader, OperatorsReader};

    /// Every opcode that wasmparser can read an operator from, with immediates of zero.
    fn opcodes() -> Vec<Vec<u8>> {
        let prefixed = |prefix: u8| {
            (0..0x140u32).map(move |number| {
                let mut bytes = vec![prefix];
                wasm_encoder::Encode::encode(&number, &mut bytes);
                bytes
            })
        };
        let all = (0..=0xfau8).map(|opcode| vec![opcode]).chain([0xfc, 0xfd].into_iter().flat_map(prefixed));
        all.map(|mut bytes| {
            // An inline type for a typed select, lanes, memory arguments.
            if bytes == [0x1c] {
                bytes.extend([1, 0x7f]);
            }
            bytes.extend([0; 20]);
            bytes
        })
        .collect()
    }

    #[test]
    fn both_doors_have_the_same_shapes() {
        let (mut compared, mut plain) = (0, 0);
        for bytes in opcodes() {
            let Ok(operator) = OperatorsReader::new(BinaryReader::new(&bytes, 0)).read() else { continue };
            let Ok(instruction) = RoundtripReencoder.instruction(operator.clone()) else { continue };
            compared += 1;
            let (shape, arity) = shape(&instruction);
            let Arity::Known { pops, pushes } = arity else { continue };
            plain += 1;
            assert_eq!(shape_of_operator(&operator), shape, "{operator:?}");
            assert_eq!(plain_arity(&operator), Some((pops, pushes)), "{operator:?}");
        }
        assert!(compared > 480 && plain > 425, "{compared} instructions, {plain} of them plain");
    }
}
