//! The configurations that programs are linked with.

use crate::access::program::Setting;
use crate::access::value::{Kind, Semantics};
use linmem::{Config, Nesting, OnViolation, Optimize, Safety, StaticFrames};

/// A configuration that programs are linked with.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The type of segments.
    pub(crate) ty: &'static str,
    pub(crate) safety: Safety,
    pub(crate) optimize: Optimize,
    pub(crate) on_violation: OnViolation,
}

const fn variant(ty: &'static str, safety: Safety, optimize: Optimize, on_violation: OnViolation) -> Variant {
    Variant { ty, safety, optimize, on_violation }
}

use OnViolation::{Report, Trap};
use Optimize::{Size, Speed};
use Safety::{None, Spatial, Temporal};

/// Every type of segments at every safety level; the other choices alternate.
pub const VARIANTS: [Variant; 22] = [
    variant("i64", Spatial, Speed, Report),
    variant("i64", Spatial, Size, Report),
    variant("i64", Spatial, Speed, Trap),
    variant("i64", Temporal, Speed, Report),
    variant("i64", Temporal, Size, Report),
    variant("i64", Temporal, Size, Trap),
    variant("i64", None, Speed, Trap),
    variant("anyref", Spatial, Speed, Report),
    variant("anyref", Temporal, Speed, Report),
    variant("anyref", None, Size, Trap),
    variant("eqref", Spatial, Size, Report),
    variant("eqref", Temporal, Size, Report),
    variant("structref", Spatial, Speed, Trap),
    variant("structref", Temporal, Speed, Report),
    variant("(ref any)", Spatial, Size, Report),
    variant("(ref any)", Temporal, Speed, Report),
    variant("(ref eq)", Spatial, Speed, Report),
    variant("(ref eq)", Temporal, Size, Report),
    variant("(ref struct)", Spatial, Speed, Report),
    variant("(ref struct)", Temporal, Speed, Report),
    variant("(ref struct)", Temporal, Size, Trap),
    variant("(ref struct)", None, Speed, Trap),
];

impl Variant {
    pub(crate) fn semantics(self) -> Semantics {
        let kind = match self.ty {
            "i64" => Kind::Packed,
            ty => Kind::Reference { nullable: !ty.starts_with('(') },
        };
        Semantics { kind, safety: self.safety }
    }

    pub(crate) fn config(self, setting: Setting) -> Config {
        Config::new()
            .with_safety(self.safety)
            .with_nesting(if setting.outermost { Nesting::Outermost } else { Nesting::Stack })
            .with_optimize(self.optimize)
            // Frames are part of what these programs test.
            .with_static_frames(StaticFrames::Off)
            .with_on_violation(self.on_violation)
    }
}
