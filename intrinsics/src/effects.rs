//! What an intrinsic does besides computing its results.

use std::fmt;

macro_rules! define_effects {
    ($($(#[doc = $doc:literal])+ $name:ident = $accessor:ident, $word:literal, $bit:literal;)+) => {
        /// One effect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Effect {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Effect {
            /// All effects.
            pub const ALL: &'static [Effect] = &[$(Effect::$name),+];

            const fn bit(self) -> u8 {
                match self { $(Effect::$name => 1 << $bit),+ }
            }

            /// The word that documents it.
            pub const fn word(self) -> &'static str {
                match self { $(Effect::$name => $word),+ }
            }
        }

        impl Effects {
            $($(#[doc = $doc])+
            pub const fn $accessor(self) -> bool {
                self.has(Effect::$name)
            })+
        }
    };
}

/// A set of effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Effects(u8);

define_effects! {
    /// It opens a region.
    Opens = opens, "opens", 0;
    /// It allocates from an open region.
    Allocates = allocates, "allocates", 1;
    /// It closes a region.
    Closes = closes, "closes", 2;
    /// The memory may grow.
    Grows = grows, "grows", 3;
    /// It calls a function of the host, which may call back into the program.
    CallsHost = calls_host, "calls the host", 4;
    /// Other threads can observe when it happens, so that nothing that they can also observe may move across it.
    Synchronizes = synchronizes, "synchronizes", 5;
    /// It reads, writes or creates a GC array. That may trap, and arrays can be observed after a trap, so that no check
    /// may move across it.
    UsesArrays = uses_arrays, "uses arrays", 6;
}

impl Effects {
    /// The set of these effects.
    pub const fn of(effects: &[Effect]) -> Effects {
        let (mut bits, mut position) = (0, 0);
        while position < effects.len() {
            bits |= effects[position].bit();
            position += 1;
        }
        Effects(bits)
    }

    /// Whether there is none: the intrinsic reads and writes memory and globals, and nothing else can be observed of it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether an effect is in the set.
    pub const fn has(self, effect: Effect) -> bool {
        self.0 & effect.bit() != 0
    }

    /// Whether it changes which regions are open, or what they contain.
    pub const fn uses_regions(self) -> bool {
        self.opens() || self.allocates() || self.closes()
    }
}

impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> =
            Effect::ALL.iter().filter(|effect| self.has(**effect)).map(|effect| effect.word()).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Intrinsic, Operand, Operation, Violation, wasi};

    #[test]
    fn sets_hold_what_they_are_made_of() {
        for effect in Effect::ALL {
            let set = Effects::of(&[*effect]);
            assert_eq!(Effect::ALL.iter().filter(|other| set.has(**other)).collect::<Vec<_>>(), [effect]);
            assert!(!set.is_empty() && !Effects::default().has(*effect));
        }
        let all = Effects::of(Effect::ALL);
        assert_eq!(all.to_string(), "opens, allocates, closes, grows, calls the host, synchronizes, uses arrays");
        assert_eq!(Effects::default().to_string(), "");
    }

    #[test]
    fn the_families_have_their_effects() {
        let words = |intrinsic: Intrinsic| intrinsic.effects().to_string();
        assert_eq!(words(Intrinsic::AllocatorNew), "opens, grows");
        assert_eq!(words(Intrinsic::AllocatorAllocate), "allocates, grows");
        assert_eq!(words(Intrinsic::AllocatorAllocateAligned), "allocates, grows");
        assert_eq!(words(Intrinsic::AllocatorFree), "closes");
        assert_eq!(words(Intrinsic::SegmentCopy), "");
        assert_eq!(words(Intrinsic::SegmentGetAndAddInt), "synchronizes");
        assert_eq!(words(Intrinsic::SegmentFence), "synchronizes");
        assert_eq!(words(Intrinsic::SegmentCopyFromArray), "uses arrays");
        assert_eq!(words(Intrinsic::AllocatorAllocateArray), "allocates, grows, uses arrays");
        assert_eq!(words(Intrinsic::AllocatorAllocateUtf8), "allocates, grows, uses arrays");
        assert_eq!(words(Intrinsic::TextWtf8Size), "uses arrays");
        assert_eq!(words(Intrinsic::WasiWriteAll), "grows, calls the host");
        assert_eq!(words(Intrinsic::WasiReadToEnd), "allocates, grows, calls the host");
        assert_eq!(words(Intrinsic::Host(wasi::Function::FdWrite)), "grows, calls the host");
        assert_eq!(words(Intrinsic::Host(wasi::Function::SchedYield)), "calls the host");
    }

    #[test]
    fn effects_agree_with_the_other_columns() {
        for &intrinsic in Intrinsic::ALL {
            let (effects, name) = (intrinsic.effects(), intrinsic.name());
            // Whatever may find that memory is not available may grow it, and nothing else.
            let refused = intrinsic.violations().contains(&Violation::OutOfMemory);
            assert_eq!(effects.grows(), refused, "{name}");
            // Who takes a region allocates from it or closes it, and who gives one opens it.
            let takes_region = intrinsic.operands().contains(&Operand::Allocator);
            assert_eq!(effects.allocates() || effects.closes(), takes_region, "{name}");
            assert_eq!(effects.opens(), intrinsic.results().contains(&Operand::Allocator), "{name}");
            let is_access = match intrinsic.operation() {
                Operation::Get(_)
                | Operation::Set(_)
                | Operation::GetField(_)
                | Operation::SetField(_)
                | Operation::Address
                | Operation::Size
                | Operation::Slice
                | Operation::OfAddress
                | Operation::Fill
                | Operation::Copy
                | Operation::LastErrno => true,
                Operation::Open
                | Operation::Allocate
                | Operation::AllocateAligned
                | Operation::AllocateArray
                | Operation::CopyFromArray
                | Operation::CopyToArray
                | Operation::ToArray
                | Operation::AllocateText(_)
                | Operation::SetText(_)
                | Operation::GetText(_)
                | Operation::TextSize(_)
                | Operation::Close
                | Operation::OnWord(..)
                | Operation::Notify
                | Operation::Fence
                | Operation::Host(_)
                | Operation::WriteAll
                | Operation::ReadExact
                | Operation::ReadToEnd
                | Operation::Args
                | Operation::Environ
                | Operation::Item
                | Operation::OpenPath
                | Operation::Print
                | Operation::ReadBytes
                | Operation::ReadText
                | Operation::OpenText
                | Operation::ArgsArray
                | Operation::EnvironArray => false,
            };
            assert_eq!(intrinsic.is_access(), is_access, "{name}");
            let is_host_call = matches!(
                intrinsic.operation(),
                Operation::Host(_)
                    | Operation::WriteAll
                    | Operation::ReadExact
                    | Operation::ReadToEnd
                    | Operation::Args
                    | Operation::Environ
                    | Operation::OpenPath
                    | Operation::Print
                    | Operation::ReadBytes
                    | Operation::ReadText
                    | Operation::OpenText
                    | Operation::ArgsArray
                    | Operation::EnvironArray
            );
            assert_eq!(effects.calls_host(), is_host_call, "{name}");
            let is_atomic =
                matches!(intrinsic.operation(), Operation::OnWord(..) | Operation::Notify | Operation::Fence);
            assert_eq!(effects.synchronizes(), is_atomic, "{name}");
            assert_eq!(effects.uses_arrays(), intrinsic.has_array() || intrinsic.has_texts(), "{name}");
            assert_eq!(effects.is_empty(), is_access || intrinsic == Intrinsic::WasiListItem, "{name}");
        }
    }
}
