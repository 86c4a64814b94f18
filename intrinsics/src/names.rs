//! Resolves the names of imports: to intrinsics, by their own name or an alias of the frontend, and to host functions
//! that the frontend declared.

use crate::catalogue::Intrinsic;
use crate::value::FunctionType;
use indexmap::IndexMap;
use thiserror::Error;

/// A function of the host under a name that the frontend chose, for what other systems do with annotations such as
/// `@WasmFunction("wasi_snapshot_preview1", "fd_write")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The module to import the function from.
    pub module: String,
    /// The name of the function in that module.
    pub name: String,
    /// The type of the function; if it is absent, the type that the program declares is used.
    pub ty: Option<FunctionType>,
}

/// What a name in the module `linmem` refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// An intrinsic.
    Intrinsic(Intrinsic),
    /// A declared function of the host.
    Host(&'a HostFunction),
}

/// Why a name cannot be defined.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// The name is already in use.
    #[error("the name `{0}` is already used by an intrinsic or a host function")]
    Taken(String),
    /// The alias refers to an intrinsic that does not exist.
    #[error("`{alias}` cannot be an alias of the unknown intrinsic `{intrinsic}`{}", did_you_mean(suggestion.as_deref()))]
    UnknownIntrinsic {
        /// The requested alias.
        alias: String,
        /// The intrinsic that it should refer to.
        intrinsic: String,
        /// The existing name that is most similar.
        suggestion: Option<String>,
    },
}

/// A clause that suggests a name, `; did you mean …?`, or the empty string.
pub fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The names that a program can import from the module `linmem`: those of the catalogue, aliases and host functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    aliases: IndexMap<String, Intrinsic>,
    hosts: IndexMap<String, HostFunction>,
}

impl Names {
    /// Only the names of the catalogue.
    pub fn new() -> Names {
        Names::default()
    }

    /// Defines an alias of `intrinsic`.
    ///
    /// # Errors
    ///
    /// If the name `alias` is already in use.
    pub fn alias(&mut self, alias: &str, intrinsic: Intrinsic) -> Result<(), NameError> {
        self.check_free(alias)?;
        self.aliases.insert(alias.to_string(), intrinsic);
        Ok(())
    }

    /// Defines an alias of the intrinsic with the name `intrinsic`.
    ///
    /// # Errors
    ///
    /// If the intrinsic does not exist, or the name `alias` is already in use.
    pub fn alias_by_name(&mut self, alias: &str, intrinsic: &str) -> Result<(), NameError> {
        match self.get(intrinsic) {
            Some(Target::Intrinsic(found)) => self.alias(alias, found),
            _ => Err(NameError::UnknownIntrinsic {
                alias: alias.to_string(),
                intrinsic: intrinsic.to_string(),
                suggestion: self.nearest(intrinsic).map(str::to_string),
            }),
        }
    }

    /// Declares a host function under a name that the frontend chose.
    ///
    /// # Errors
    ///
    /// If `name` is already in use.
    pub fn host(&mut self, name: &str, function: HostFunction) -> Result<(), NameError> {
        self.check_free(name)?;
        self.hosts.insert(name.to_string(), function);
        Ok(())
    }

    /// The target that `name` refers to.
    pub fn get(&self, name: &str) -> Option<Target<'_>> {
        Intrinsic::from_name(name)
            .or_else(|| self.aliases.get(name).copied())
            .map(Target::Intrinsic)
            .or_else(|| self.hosts.get(name).map(Target::Host))
    }

    /// The existing name that is most similar to `name`, if it is similar enough for a suggestion.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let known = Intrinsic::ALL.iter().map(|intrinsic| intrinsic.name());
        let own = self.aliases.keys().chain(self.hosts.keys()).map(String::as_str);
        known
            .chain(own)
            .map(|candidate| (distance(name, candidate), candidate))
            .filter(|(distance, _)| *distance * 3 <= name.chars().count())
            .filter(|_| !name.is_empty())
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, candidate)| candidate)
    }

    fn check_free(&self, name: &str) -> Result<(), NameError> {
        match self.get(name) {
            Some(_) => Err(NameError::Taken(name.to_string())),
            None => Ok(()),
        }
    }
}

/// The edit distance between two names: the number of characters to insert, delete or replace. It ignores case, and, if
/// `left` has no dot, the part of `right` before its last dot.
fn distance(left: &str, right: &str) -> usize {
    let plain = |text: &str| text.chars().map(|c| c.to_ascii_lowercase()).collect::<Vec<char>>();
    let last = |text: &str| plain(text.rsplit('.').next().unwrap_or(text));
    let whole = edit_distance(&plain(left), &plain(right));
    if left.contains('.') { whole } else { whole.min(edit_distance(&plain(left), &last(right))) }
}

fn edit_distance(left: &[char], right: &[char]) -> usize {
    // Longer names are not typing errors, and the time below is the product of the lengths.
    const LONGEST: usize = 100;
    if left.len() > LONGEST || right.len() > LONGEST {
        return left.len().max(right.len());
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_suggested() {
        let names = Names::new();
        for (typed, meant) in [
            ("MemorySegment.getint", Some("MemorySegment.getInt")),
            ("MemorySegment.setIntt", Some("MemorySegment.setInt")),
            ("MemoryAllocator.alloc", Some("MemoryAllocator.allocate")),
            ("wasi.fdwrite", Some("wasi.fd_write")),
            ("allocate", Some("MemoryAllocator.allocate")),
            ("quux", None),
            ("", None),
        ] {
            assert_eq!(names.nearest(typed), meant, "{typed}");
        }
        assert_eq!(names.nearest(&"x".repeat(100_000)), None);
    }

    #[test]
    fn aliases_and_host_functions_share_one_namespace() -> Result<(), NameError> {
        let mut names = Names::new();
        names.alias("scala.alloc", Intrinsic::AllocatorAllocate)?;
        names.alias_by_name("scala.get", "MemorySegment.getInt")?;
        let print = HostFunction { module: "env".into(), name: "print".into(), ty: None };
        names.host("print", print.clone())?;
        assert_eq!(names.get("scala.alloc"), Some(Target::Intrinsic(Intrinsic::AllocatorAllocate)));
        assert_eq!(names.get("scala.get"), Some(Target::Intrinsic(Intrinsic::SegmentGetInt)));
        assert_eq!(names.get("print"), Some(Target::Host(&print)));
        assert_eq!(names.alias("print", Intrinsic::AllocatorFree), Err(NameError::Taken("print".into())));
        assert!(names.host("MemoryAllocator.new", print).is_err());
        let error = names.alias_by_name("x", "MemorySegment.getin");
        assert_eq!(
            error.map_err(|error| error.to_string()),
            Err("`x` cannot be an alias of the unknown intrinsic `MemorySegment.getin`; did you mean \
                 `MemorySegment.getInt`?"
                .to_string())
        );
        Ok(())
    }
}
