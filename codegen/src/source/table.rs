//! The lines of all addresses of a module.
//!
//! An address is an offset in the contents of the code section. A sequence is a run of rows with ascending addresses
//! for one stretch of code, mostly a function; a row is the line from its address to that of the next row.
//!
//! 1. A sequence that begins at address 0 is none: the number of functions is there. Linkers put there, or at the
//!    largest addresses, what is left of functions that they removed.
//! 2. A sequence that leaves the code, or whose addresses go back, is none.
//! 3. Where sequences overlap, the one that begins last wins; of those that begin together, the one that was read last.

use crate::source::SourceLine;
use std::ops::Range;

/// The most rows that are kept: 64 MB of them, which is for more lines than people look for errors in.
const MOST_ROWS: usize = 4_000_000;

/// What a row says of the addresses from its own on.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// The line, or zero where there is none.
    pub(super) line: u32,
    /// The column, or zero where it is unknown.
    pub(super) column: u32,
    /// The number of the file.
    pub(super) file: u32,
}

#[derive(Clone, Copy)]
struct Row {
    address: u32,
    position: Position,
}

/// Rows for the addresses from `start` to before `end`.
#[derive(Clone)]
struct Sequence {
    start: u32,
    end: u32,
    rows: Range<usize>,
}

/// Lines by address.
pub(super) struct Table {
    files: Vec<String>,
    rows: Vec<Row>,
    /// In order and without overlaps: sequences, cut where another one wins.
    pieces: Vec<Sequence>,
}

impl Table {
    /// The line that an address is on.
    pub(super) fn line(&self, address: u32) -> Option<SourceLine> {
        let piece = last_not_after(&self.pieces, address, |piece| piece.start)?;
        if address >= piece.end {
            return None;
        }
        let row = last_not_after(self.rows.get(piece.rows.clone())?, address, |row| row.address)?;
        let Position { line, column, file } = row.position;
        (line != 0).then(|| SourceLine { file: self.files.get(file as usize).cloned(), line, column })
    }
}

/// The last of a sorted list that is not after an address.
fn last_not_after<T>(list: &[T], address: u32, start: impl Fn(&T) -> u32) -> Option<&T> {
    let after = list.partition_point(|item| start(item) <= address);
    list.get(after.checked_sub(1)?)
}

/// A table that is being read.
pub(super) struct Builder {
    /// The size of the code: the largest address.
    code_size: u64,
    rows: Vec<Row>,
    sequences: Vec<Sequence>,
    open: Open,
}

/// The sequence that is being read.
#[derive(Default)]
struct Open {
    /// Its first row.
    first: usize,
    /// Where it says that it begins, which may be before the first row.
    origin: u64,
    is_broken: bool,
}

impl Builder {
    pub(super) fn new(code_size: u64) -> Builder {
        Builder { code_size, rows: Vec::new(), sequences: Vec::new(), open: Open::default() }
    }

    /// Whether no more rows are kept.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= MOST_ROWS
    }

    /// The sequence is placed at an address.
    pub(super) fn place(&mut self, address: u64) {
        if self.open.first == self.rows.len() {
            self.open.origin = address;
        }
    }

    /// A row at an address.
    pub(super) fn row(&mut self, address: u64, position: Position) {
        let open = self.rows.get_mut(self.open.first..).unwrap_or_default();
        let address = u32::try_from(address).ok().filter(|address| u64::from(*address) <= self.code_size);
        let (Some(address), false) = (address, self.open.is_broken) else {
            self.open.is_broken = true;
            return;
        };
        let row = Row { address, position };
        match open.last_mut() {
            Some(last) if last.address > address => self.open.is_broken = true,
            // Of several rows at one address the last one has code.
            Some(last) if last.address == address => *last = row,
            _ => self.rows.push(row),
        }
    }

    /// The sequence ends before an address.
    pub(super) fn end(&mut self, address: u64) {
        let open = std::mem::take(&mut self.open);
        let rows = open.first..self.rows.len();
        let ends = self.rows.get(rows.clone()).and_then(|rows| Some((rows.first()?.address, rows.last()?.address)));
        let end = u32::try_from(address).ok().filter(|end| u64::from(*end) <= self.code_size);
        match (ends, end) {
            (Some((start, last)), Some(end)) if !open.is_broken && open.origin != 0 && last <= end && start < end => {
                self.sequences.push(Sequence { start, end, rows });
            }
            _ => self.rows.truncate(open.first),
        }
        self.open.first = self.rows.len();
    }

    /// The sequence has no end.
    pub(super) fn abandon(&mut self) {
        self.rows.truncate(self.open.first);
        self.open = Open { first: self.rows.len(), ..Open::default() };
    }

    /// The table, whose rows refer to these files.
    pub(super) fn finish(mut self, files: Vec<String>) -> Table {
        // The sort is stable, so that what was read last stays last.
        self.sequences.sort_by_key(|sequence| sequence.start);
        Table { files, rows: self.rows, pieces: cut(self.sequences) }
    }
}

/// Cuts sequences, sorted by where they begin, into pieces of which no two overlap.
fn cut(sequences: Vec<Sequence>) -> Vec<Sequence> {
    let mut pieces = Vec::with_capacity(sequences.len());
    // Those that have begun, the last one on top; below it are those that go on when it ends.
    let mut begun: Vec<Sequence> = Vec::new();
    // Up to where there are pieces.
    let mut done = 0;
    let mut advance = |begun: &mut Vec<Sequence>, to: u32| {
        while done < to
            && let Some(top) = begun.last()
        {
            let (start, end) = (done.max(top.start), top.end.min(to));
            if start < end {
                pieces.push(Sequence { start, end, ..top.clone() });
                done = end;
            }
            if top.end <= to {
                begun.pop();
            } else {
                break;
            }
        }
        done = done.max(to);
    };
    for sequence in sequences {
        advance(&mut begun, sequence.start);
        begun.push(sequence);
    }
    advance(&mut begun, u32::MAX);
    pieces
}
