//! Parses text to operations. Repeated instructions are combined, moves become offsets, and a loop that only clears its
//! cell becomes one operation.

/// An operation. Offsets are relative to the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Move the pointer.
    Move(i32),
    /// Add to a cell.
    Add {
        /// The offset of the cell.
        offset: i32,
        /// The number to add, modulo 256.
        amount: u8,
    },
    /// Clear a cell.
    Clear {
        /// The offset of the cell.
        offset: i32,
    },
    /// Write a cell to the output.
    Output {
        /// The offset of the cell.
        offset: i32,
    },
    /// Read a cell from the input.
    Input {
        /// The offset of the cell.
        offset: i32,
    },
    /// Begin a loop that runs while the current cell is not 0.
    Begin,
    /// End the innermost loop.
    End,
}

/// A list of operations with balanced loops.
pub(crate) type Program = Vec<Operation>;

/// Parses a source file. Every other character is a comment. An error has the form `LINE:COLUMN: message`.
pub(crate) fn parse(source: &[u8]) -> Result<Program, String> {
    let mut parser = Parser::default();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let (mut line, mut column) = (1, 0);
    for &byte in source {
        column += 1;
        match byte {
            b'>' => parser.offset += 1,
            b'<' => parser.offset -= 1,
            b'+' => parser.add(1),
            b'-' => parser.add(255),
            b'.' => parser.push(Operation::Output { offset: parser.offset }),
            b',' => parser.push(Operation::Input { offset: parser.offset }),
            b'[' => {
                open.push((line, column));
                parser.settle();
                parser.push(Operation::Begin);
            }
            b']' => {
                open.pop().ok_or_else(|| format!("{line}:{column}: this `]` has no `[`"))?;
                parser.end();
            }
            b'\n' => (line, column) = (line + 1, 0),
            _ => {}
        }
    }
    match open.pop() {
        Some((line, column)) => Err(format!("{line}:{column}: this `[` has no `]`")),
        None => Ok(parser.operations),
    }
}

#[derive(Default)]
struct Parser {
    operations: Program,
    /// The moves of the pointer since the last operation that moved it.
    offset: i32,
}

impl Parser {
    fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    fn add(&mut self, amount: u8) {
        let offset = self.offset;
        match self.operations.last_mut() {
            Some(Operation::Add { offset: last, amount: sum }) if *last == offset => *sum = sum.wrapping_add(amount),
            _ => self.push(Operation::Add { offset, amount }),
        }
    }

    /// Emits the pending move of the pointer.
    fn settle(&mut self) {
        if self.offset != 0 {
            self.push(Operation::Move(self.offset));
            self.offset = 0;
        }
    }

    fn end(&mut self) {
        // `[-]`, or a loop that adds any odd amount: the cell reaches 0, and the pointer does not move.
        if let [.., Operation::Begin, Operation::Add { offset: 0, amount }] = self.operations[..]
            && amount % 2 == 1
            && self.offset == 0
        {
            self.operations.truncate(self.operations.len() - 2);
            return self.push(Operation::Clear { offset: 0 });
        }
        self.settle();
        self.push(Operation::End);
    }
}
