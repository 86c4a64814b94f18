//! The option of a configuration that an error is about.

use linmem_intrinsics::Safety;
use std::fmt;

/// An option of a [`Config`](crate::Config) that an error is about. It is displayed as the field and its value, for example
/// `` `max_pages = 3` ``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    field: &'static str,
    value: Option<String>,
}

impl Setting {
    /// The name of the field of [`Config`](crate::Config).
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The value in the form that it is parsed from; `None` if the option is on or off.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    pub(crate) fn safety(safety: Safety) -> Setting {
        Setting::of("safety", &safety)
    }

    pub(crate) fn sealed() -> Setting {
        Setting { field: "sealed", value: None }
    }

    pub(crate) fn export_allocator() -> Setting {
        Setting { field: "export_allocator", value: None }
    }

    pub(crate) fn own_memory() -> Setting {
        Setting { field: "own_memory", value: None }
    }

    pub(crate) fn trace() -> Setting {
        Setting { field: "trace", value: None }
    }

    pub(crate) fn memory(name: &str) -> Setting {
        Setting::of("memory", &name)
    }

    pub(crate) fn base(base: impl fmt::Display) -> Setting {
        Setting::of("base", &base)
    }

    pub(crate) fn share(share: impl fmt::Display) -> Setting {
        Setting::of("share", &share)
    }

    pub(crate) fn split(split: impl fmt::Display) -> Setting {
        Setting::of("split", &split)
    }

    pub(crate) fn max_pages(pages: u32) -> Setting {
        Setting::of("max_pages", &pages)
    }

    pub(crate) fn init(init: impl fmt::Display) -> Setting {
        Setting::of("init", &init)
    }

    fn of(field: &'static str, value: &dyn fmt::Display) -> Setting {
        Setting { field, value: Some(value.to_string()) }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "`{} = {value}`", self.field),
            None => write!(f, "`{}`", self.field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_displays_field_and_value() {
        assert_eq!(Setting::max_pages(3).to_string(), "`max_pages = 3`");
        assert_eq!(Setting::share("trust").to_string(), "`share = trust`");
        assert_eq!(Setting::sealed().to_string(), "`sealed`");
    }
}
