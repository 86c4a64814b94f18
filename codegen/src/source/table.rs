//! The lines of all addresses of a module.
//!
//! A sequence is a run of rows with ascending addresses for one stretch of code, usually a function. A row states the
//! line of the addresses from its own up to that of the next row.
//!
//! 1. A sequence that is placed at address 0 is ignored: the code section holds the number of functions there, so
//!    linkers use 0 for functions that they removed.
//! 2. A sequence that extends beyond the code, or that the reader rejects, is ignored.
//! 3. If sequences overlap, the one that begins last wins; of those that begin at the same address, the one that was
//!    read last.

use crate::source_line::SourceLine;
use std::ops::Range;

/// The limit on the number of rows: 64 MB of them, more than the largest programs have.
const MAX_ROWS: usize = 4_000_000;

/// The source position of a row.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// The line, or zero if the code has no source line.
    pub(super) line: u32,
    /// The column, or zero if it is unknown.
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

/// The lines of all addresses.
#[derive(Default)]
pub(super) struct Table {
    files: Vec<String>,
    rows: Vec<Row>,
    /// Sequences in order and without overlaps, cut where another one wins.
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

/// The last item of a sorted list that does not start after an address.
fn last_not_after<T>(list: &[T], address: u32, start: impl Fn(&T) -> u32) -> Option<&T> {
    let after = list.partition_point(|item| start(item) <= address);
    list.get(after.checked_sub(1)?)
}

/// Collects the rows of a [`Table`], one sequence after another.
pub(super) struct Builder {
    /// The size of the code, which is the largest address.
    code_size: u64,
    rows: Vec<Row>,
    sequences: Vec<Sequence>,
    open: Open,
}

/// The sequence that is being read.
#[derive(Default)]
struct Open {
    /// The index of its first row.
    first: usize,
    /// The address that it is placed at, which may be before that of the first row.
    origin: u64,
    is_rejected: bool,
}

impl Builder {
    pub(super) fn new(code_size: u64) -> Builder {
        Builder { code_size, rows: Vec::new(), sequences: Vec::new(), open: Open::default() }
    }

    /// Whether the limit on rows is reached.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= MAX_ROWS
    }

    /// Places the sequence at an address. After the first row this does not change where the sequence begins.
    pub(super) fn place(&mut self, address: u64) {
        if self.open.first == self.rows.len() {
            self.open.origin = address;
        }
    }

    /// Adds a row. Its address is not lower than that of the row before.
    pub(super) fn row(&mut self, address: u64, position: Position) {
        let (Some(address), false) = (self.address(address), self.open.is_rejected) else {
            self.reject();
            return;
        };
        let row = Row { address, position };
        match self.rows.get_mut(self.open.first..).unwrap_or_default().last_mut() {
            // Of several rows at one address, only the last one applies to code.
            Some(last) if last.address == address => *last = row,
            _ => self.rows.push(row),
        }
    }

    /// Ignores the sequence, up to and including its end.
    pub(super) fn reject(&mut self) {
        self.open.is_rejected = true;
    }

    /// Ends the sequence before an address.
    pub(super) fn end(&mut self, address: u64) {
        let rows = self.open.first..self.rows.len();
        let start = self.rows.get(rows.start).map(|row| row.address);
        match (start, self.address(address)) {
            (Some(start), Some(end)) if !self.open.is_rejected && self.open.origin != 0 && start < end => {
                self.sequences.push(Sequence { start, end, rows });
                self.open = Open { first: self.rows.len(), ..Open::default() };
            }
            _ => self.abandon(),
        }
    }

    /// Drops the rows of a sequence that has no end.
    pub(super) fn abandon(&mut self) {
        self.rows.truncate(self.open.first);
        self.open = Open { first: self.rows.len(), ..Open::default() };
    }

    /// An address, if it lies in the code or at its end.
    fn address(&self, address: u64) -> Option<u32> {
        u32::try_from(address).ok().filter(|address| u64::from(*address) <= self.code_size)
    }

    /// Finishes the table. The positions of its rows refer to `files`.
    pub(super) fn finish(mut self, files: Vec<String>) -> Table {
        // The sort is stable, so the sequence that was read last stays last.
        self.sequences.sort_by_key(|sequence| sequence.start);
        Table { files, rows: self.rows, pieces: cut(self.sequences) }
    }
}

/// Cuts sequences, sorted by start address, into pieces that do not overlap.
fn cut(sequences: Vec<Sequence>) -> Vec<Sequence> {
    let mut pieces = Vec::with_capacity(sequences.len());
    // The sequences that have begun, the last one on top. When it ends, the ones below it continue.
    let mut begun: Vec<Sequence> = Vec::new();
    // The end of the last piece.
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
