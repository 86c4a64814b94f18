//! The methods that build a configuration: one for each option.

use crate::config::{
    Base, Config, Init, NameSection, OnViolation, Optimize, Share, SplitAddress, StaticData, StaticFrames,
};
use linmem_allocator::{Nesting, OutOfMemory, Unwind, Zero};
use linmem_intrinsics::{Names, Safety};

impl Config {
    /// The defaults of `linmem link`.
    pub fn new() -> Config {
        Config::default()
    }

    /// Sets [`safety`](Config::safety).
    #[must_use]
    pub fn with_safety(mut self, safety: impl Into<Option<Safety>>) -> Config {
        self.safety = safety.into();
        self
    }

    /// Sets [`nesting`](Config::nesting).
    #[must_use]
    pub fn with_nesting(mut self, nesting: Nesting) -> Config {
        self.nesting = nesting;
        self
    }

    /// Sets [`zero`](Config::zero).
    #[must_use]
    pub fn with_zero(mut self, zero: Zero) -> Config {
        self.zero = zero;
        self
    }

    /// Sets [`out_of_memory`](Config::out_of_memory).
    #[must_use]
    pub fn with_out_of_memory(mut self, out_of_memory: OutOfMemory) -> Config {
        self.out_of_memory = out_of_memory;
        self
    }

    /// Sets [`unwind`](Config::unwind).
    #[must_use]
    pub fn with_unwind(mut self, unwind: impl Into<Option<Unwind>>) -> Config {
        self.unwind = unwind.into();
        self
    }

    /// Sets [`on_violation`](Config::on_violation).
    #[must_use]
    pub fn with_on_violation(mut self, on_violation: OnViolation) -> Config {
        self.on_violation = on_violation;
        self
    }

    /// Sets [`optimize`](Config::optimize).
    #[must_use]
    pub fn with_optimize(mut self, optimize: Optimize) -> Config {
        self.optimize = optimize;
        self
    }

    /// Sets [`static_frames`](Config::static_frames).
    #[must_use]
    pub fn with_static_frames(mut self, static_frames: StaticFrames) -> Config {
        self.static_frames = static_frames;
        self
    }

    /// Sets [`sealed`](Config::sealed).
    #[must_use]
    pub fn with_sealed(mut self, sealed: bool) -> Config {
        self.sealed = sealed;
        self
    }

    /// Sets [`simd`](Config::simd).
    #[must_use]
    pub fn with_simd(mut self, simd: bool) -> Config {
        self.simd = simd;
        self
    }

    /// Sets [`memory`](Config::memory).
    #[must_use]
    pub fn with_memory(mut self, memory: impl Into<Option<String>>) -> Config {
        self.memory = memory.into();
        self
    }

    /// Sets [`base`](Config::base).
    #[must_use]
    pub fn with_base(mut self, base: impl Into<Option<Base>>) -> Config {
        self.base = base.into();
        self
    }

    /// Sets [`share`](Config::share).
    #[must_use]
    pub fn with_share(mut self, share: impl Into<Option<Share>>) -> Config {
        self.share = share.into();
        self
    }

    /// Sets [`split`](Config::split).
    #[must_use]
    pub fn with_split(mut self, split: impl Into<Option<SplitAddress>>) -> Config {
        self.split = split.into();
        self
    }

    /// Sets [`max_pages`](Config::max_pages).
    #[must_use]
    pub fn with_max_pages(mut self, max_pages: impl Into<Option<u32>>) -> Config {
        self.max_pages = max_pages.into();
        self
    }

    /// Sets [`own_memory`](Config::own_memory).
    #[must_use]
    pub fn with_own_memory(mut self, own_memory: bool) -> Config {
        self.own_memory = own_memory;
        self
    }

    /// Sets [`export_allocator`](Config::export_allocator).
    #[must_use]
    pub fn with_export_allocator(mut self, export_allocator: bool) -> Config {
        self.export_allocator = export_allocator;
        self
    }

    /// Sets [`static_data`](Config::static_data).
    #[must_use]
    pub fn with_static_data(mut self, static_data: StaticData) -> Config {
        self.static_data = static_data;
        self
    }

    /// Sets [`init`](Config::init).
    #[must_use]
    pub fn with_init(mut self, init: Init) -> Config {
        self.init = init;
        self
    }

    /// Sets [`last_errno`](Config::last_errno).
    #[must_use]
    pub fn with_last_errno(mut self, last_errno: bool) -> Config {
        self.last_errno = last_errno;
        self
    }

    /// Sets [`file`](Config::file).
    #[must_use]
    pub fn with_file(mut self, file: impl Into<String>) -> Config {
        self.file = Some(file.into());
        self
    }

    /// Sets [`trace`](Config::trace).
    #[must_use]
    pub fn with_trace(mut self, trace: bool) -> Config {
        self.trace = trace;
        self
    }

    /// Sets [`name_section`](Config::name_section).
    #[must_use]
    pub fn with_name_section(mut self, name_section: NameSection) -> Config {
        self.name_section = name_section;
        self
    }

    /// Sets [`names`](Config::names).
    #[must_use]
    pub fn with_names(mut self, names: Names) -> Config {
        self.names = names;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_sets_its_own_option() {
        let mut names = Names::new();
        assert_eq!(names.alias_by_name("get", "MemorySegment.getInt"), Ok(()));
        let built = Config::new()
            .with_safety(Safety::Temporal)
            .with_nesting(Nesting::Forbid)
            .with_zero(Zero::Free)
            .with_out_of_memory(OutOfMemory::Null)
            .with_unwind(Unwind::Release)
            .with_on_violation(OnViolation::Report)
            .with_optimize(Optimize::Size)
            .with_static_frames(StaticFrames::Off)
            .with_sealed(true)
            .with_simd(true)
            .with_memory("m".to_string())
            .with_base(Base::Address(8))
            .with_share(Share::Trust)
            .with_split(SplitAddress::of_pages(1))
            .with_max_pages(9)
            .with_own_memory(true)
            .with_export_allocator(true)
            .with_static_data(StaticData::Unshared)
            .with_init(Init::Image)
            .with_trace(true)
            .with_last_errno(true)
            .with_file("a.wat")
            .with_name_section(NameSection::Auto)
            .with_names(names.clone());
        let written = Config {
            safety: Some(Safety::Temporal),
            nesting: Nesting::Forbid,
            zero: Zero::Free,
            out_of_memory: OutOfMemory::Null,
            unwind: Some(Unwind::Release),
            on_violation: OnViolation::Report,
            optimize: Optimize::Size,
            static_frames: StaticFrames::Off,
            sealed: true,
            simd: true,
            memory: Some("m".to_string()),
            base: Some(Base::Address(8)),
            share: Some(Share::Trust),
            split: SplitAddress::of_pages(1),
            max_pages: Some(9),
            own_memory: true,
            export_allocator: true,
            static_data: StaticData::Unshared,
            init: Init::Image,
            trace: true,
            last_errno: true,
            file: Some("a.wat".to_string()),
            name_section: NameSection::Auto,
            names,
        };
        assert_eq!(built, written);
        assert_eq!(built.with_safety(None).safety, None);
    }
}
