//! Prints the findings of the auditor as rustc prints errors: each with the lines of the access, the allocation and the free.

use crate::files;
use crate::printable::printable;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use linmem::{Site, SourceLine};
use linmem_host::audit::{Finding, Kind, Transfer};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// The size of the largest source file that is read.
const LARGEST: u64 = 1 << 24;

/// Prints findings, and what they are about.
pub(crate) struct Printer<'a> {
    /// The file that was linked.
    file: &'a Path,
    /// The places of the module.
    sites: &'a [Site],
    /// The source files that were read; `None` for one that cannot be read.
    sources: BTreeMap<String, Option<String>>,
}

/// A line of a source file: what happened there, its position in the file, and its label.
type Line = (Role, Range<usize>, String);

/// What happened at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Access,
    Allocation,
    Free,
}

/// The position of an access relative to an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Relation {
    Before,
    Across,
    In,
    After,
}

impl Relation {
    /// The relation of an access to a block, both given by their addresses and sizes.
    fn of((address, bytes): (u64, u64), (start, size): (u64, u64)) -> Relation {
        let (end, block_end) = (address.saturating_add(bytes), start.saturating_add(size));
        if address >= start && end <= block_end {
            Relation::In
        } else if end <= start {
            Relation::Before
        } else if address >= block_end {
            Relation::After
        } else {
            Relation::Across
        }
    }
}

impl Role {
    fn words(self, is_region: bool) -> &'static str {
        match (self, is_region) {
            (Role::Access, _) => "here",
            (Role::Allocation, false) => "allocated here",
            (Role::Allocation, true) => "opened here",
            (Role::Free, false) => "freed here",
            (Role::Free, true) => "closed here",
        }
    }
}

impl<'a> Printer<'a> {
    /// A printer for the findings about a module.
    pub(crate) fn new(file: &'a Path, sites: &'a [Site]) -> Printer<'a> {
        Printer { file, sites, sources: BTreeMap::new() }
    }

    /// The text of a finding.
    pub(crate) fn render(&mut self, finding: &Finding) -> String {
        let title = printable(&self.title(finding));
        let places =
            [(Role::Access, finding.access), (Role::Allocation, finding.allocation), (Role::Free, finding.free)];
        let sites = self.sites;
        let places: Vec<(Role, &Site)> =
            places.into_iter().filter_map(|(role, site)| Some((role, sites.get(site? as usize)?))).collect();
        let is_region = finding.bytes.is_none();
        let mut lines: Vec<(String, Vec<Line>)> = Vec::new();
        let mut notes = Vec::new();
        for (role, site) in places {
            let label = printable(&format!("{}, in {}", role.words(is_region), site.function_name()));
            match self.span(site) {
                Some((path, span)) => match lines.iter_mut().find(|(known, _)| *known == path) {
                    Some((_, annotations)) => annotations.push((role, span, label)),
                    None => lines.push((path, vec![(role, span, label)])),
                },
                None => notes.push(format!("{label}, {}", printable(&self.place(site)))),
            }
        }
        if finding.count > 1 {
            notes.push(format!("found {} times", finding.count));
        }
        let mut group: Group<'_> = Group::with_title(Level::ERROR.primary_title(title));
        for (path, annotations) in &lines {
            let Some(Some(source)) = self.sources.get(path) else { continue };
            let annotations = annotations.iter().map(|(role, span, label)| {
                // A leak has no access.
                let is_primary = *role == Role::Access || finding.access.is_none();
                let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                kind.span(span.clone()).label(label.as_str())
            });
            group = group.element(Snippet::source(source.as_str()).path(printable(path)).annotations(annotations));
        }
        group = group.elements(notes.into_iter().map(|note| Level::NOTE.message(note)));
        // The lines of a source file can contain any character.
        printable(&Renderer::plain().render(&[group]))
    }

    fn title(&self, finding: &Finding) -> String {
        let site = finding.access.and_then(|site| self.sites.get(site as usize));
        let what = site.map(|site| format!("{}: ", site.intrinsic)).unwrap_or_default();
        let bytes = match (finding.bytes, finding.transfer) {
            (Some((address, bytes)), transfer) => {
                let verb = match transfer {
                    Some(Transfer::Read) => "reads ",
                    Some(Transfer::Write) => "writes ",
                    _ => "",
                };
                let unit = if bytes == 1 { "byte" } else { "bytes" };
                format!("{verb}{bytes} {unit} at address {address}")
            }
            (None, _) => String::new(),
        };
        let block = finding.block.map(|(address, bytes)| format!("{bytes} bytes at address {address}"));
        let relation = finding.bytes.zip(finding.block).map(|(access, block)| Relation::of(access, block));
        let message = match (finding.kind, block) {
            (Kind::Overlap, Some(block)) => match relation {
                Some(Relation::Before) => format!("{bytes}, before the allocation of {block}"),
                Some(Relation::After) => format!("{bytes}, after the allocation of {block}"),
                Some(Relation::In) => format!("{bytes}, outside of the segment, in the allocation of {block}"),
                _ => format!("{bytes}, which leaves the allocation of {block}"),
            },
            (Kind::Overlap, None) => format!("{bytes}, outside of the segment"),
            (Kind::UseAfterFree, Some(block)) => match relation {
                Some(Relation::Before) => format!("{bytes}, before the freed allocation of {block}"),
                Some(Relation::After) => format!("{bytes}, after the freed allocation of {block}"),
                Some(Relation::Across) => format!("{bytes}, partly in the freed allocation of {block}"),
                _ => format!("{bytes}, in the freed allocation of {block}"),
            },
            (Kind::UseAfterFree, None) => "the region is closed".to_string(),
            (Kind::NeverAllocated, _) => format!("{bytes}, which were never allocated"),
            (Kind::Header, _) => format!("{bytes}, in a header of linmem"),
            (Kind::DoubleFree, _) => "the region is already closed".to_string(),
            (Kind::OutOfOrder, _) => "a region that was opened later is still open".to_string(),
            (Kind::NotInnermost, _) => "the region is not the innermost one".to_string(),
            (Kind::UnknownRegion, _) => "the handle is not that of a region".to_string(),
            (Kind::Leak, _) => "a region is still open at the end of the program".to_string(),
            (kind, _) => format!("a finding of unknown kind {kind:?}"),
        };
        format!("{what}{message}")
    }

    /// The source file of a site and the position of its line in it, if the file can be read and has the line.
    fn span(&mut self, site: &Site) -> Option<(String, Range<usize>)> {
        let SourceLine { file, line, .. } = site.source.as_ref()?;
        let path = file.clone().unwrap_or_else(|| files::name(self.file));
        let source = self.sources.entry(path.clone()).or_insert_with(|| source(Path::new(&path)));
        let span = line_span(source.as_ref()?, *line as usize)?;
        Some((path, span))
    }

    fn place(&self, site: &Site) -> String {
        match &site.source {
            Some(SourceLine { file: None, line, .. }) => format!("at {}:{line}", files::name(self.file)),
            Some(source) => format!("at {source}"),
            None => format!("at offset {:#x} of {}", site.offset, files::name(self.file)),
        }
    }
}

/// The contents of a source file.
fn source(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    String::from_utf8(std::fs::read(path).ok()?).ok()
}

/// The position of a line, counted from 1, without the blanks around it; `None` if it does not exist or is blank.
fn line_span(source: &str, line: usize) -> Option<Range<usize>> {
    let start: usize = source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let text = source.get(start..)?.lines().next()?;
    let blanks = text.len() - text.trim_start().len();
    let span = start + blanks..start + text.trim_end().len();
    (!span.is_empty()).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relation_is_that_of_the_access() {
        let relation = |address, bytes| Relation::of((address, bytes), (16, 8));
        assert_eq!([relation(12, 4), relation(14, 4), relation(12, 16)].map(|it| it as u8), [0, 1, 1]);
        assert_eq!([relation(16, 8), relation(20, 4), relation(22, 4)].map(|it| it as u8), [2, 2, 1]);
        assert_eq!(relation(24, 4), Relation::After);
    }

    #[test]
    fn line_span_is_that_of_the_line() {
        let source = "first\n\n  third  \r\nlast";
        let text = |line| line_span(source, line).and_then(|span| source.get(span));
        assert_eq!([0, 1, 2, 3, 4, 5].map(text), [None, Some("first"), None, Some("third"), Some("last"), None]);
    }
}
