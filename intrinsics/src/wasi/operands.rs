//! The operands and results of the intrinsics that read and write the fields of records.

use crate::access::Access;
use crate::operand::Operand;
use crate::wasi::records::{Field, Record, for_each_record};

macro_rules! operands {
    ($($record:ident, $name:literal, $bytes:literal, $doc:literal {
        $($field:ident, $word:literal, $offset:literal, $access:ident, $about:literal;)+
    })+) => {
        impl Field {
            /// The operands of the intrinsic that reads the field.
            pub const fn getter_operands(self) -> &'static [Operand] {
                match self { $($(Field::$field => &[Operand::Record(Record::$record)]),+),+ }
            }

            /// The results of the intrinsic that reads the field.
            pub const fn getter_results(self) -> &'static [Operand] {
                match self { $($(Field::$field => &[Operand::Value(Access::$access)]),+),+ }
            }

            /// The operands of the intrinsic that writes the field.
            pub const fn setter_operands(self) -> &'static [Operand] {
                match self {
                    $($(Field::$field => &[Operand::Record(Record::$record), Operand::Value(Access::$access)]),+),+
                }
            }
        }
    };
}

for_each_record!(operands);
