//! Splits source text into tokens. `//` begins a comment that extends to the end of the line.

use super::error::{Error, Position};

/// A token, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) at: Position,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Name(String),
    /// A number, or a character such as `'a'`.
    Number(i32),
    /// A string literal.
    Text(String),
    /// Punctuation or an operator.
    Symbol(&'static str),
    /// The end of the file.
    End,
}

/// Longer symbols come first.
const SYMBOLS: [&str; 26] = [
    "==", "!=", "<=", ">=", "&&", "||", "..", "<", ">", "=", "!", "+", "-", "*", "/", "%", "(", ")", "{", "}", "[",
    "]", ",", ";", ":", ".",
];

/// The tokens of a source file. The last one is [`TokenKind::End`].
pub(crate) fn lex(source: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let mut at = Position { line: 1, column: 1 };
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            let (kind, length) = token(rest, first).map_err(|message| Error { at, message })?;
            tokens.push(Token { kind, at });
            length
        };
        let (skipped, next) = rest.split_at(length);
        for char in skipped.chars() {
            if char == '\n' {
                at = Position { line: at.line + 1, column: 1 };
            } else {
                at.column += 1;
            }
        }
        rest = next;
    }
    tokens.push(Token { kind: TokenKind::End, at });
    Ok(tokens)
}

/// The token that `rest` begins with, and its length in bytes.
fn token(rest: &str, first: char) -> Result<(TokenKind, usize), String> {
    let end_of = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    if first.is_ascii_digit() {
        let end = end_of(|c| c.is_ascii_digit());
        let number = rest[..end].parse().map_err(|_| format!("{} is too large for an int", &rest[..end]))?;
        return Ok((TokenKind::Number(number), end));
    }
    if first.is_ascii_alphabetic() {
        let end = end_of(|c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((TokenKind::Name(rest[..end].to_string()), end));
    }
    if first == '"' || first == '\'' {
        let (text, length) = quoted(rest, first)?;
        if first == '"' {
            return Ok((TokenKind::Text(text), length));
        }
        let units: Vec<u16> = text.encode_utf16().collect();
        return match units[..] {
            [unit] => Ok((TokenKind::Number(i32::from(unit)), length)),
            _ => Err("a character must be one UTF-16 code unit".to_string()),
        };
    }
    match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        Some(symbol) => Ok((TokenKind::Symbol(symbol), symbol.len())),
        None => Err(format!("unexpected character `{first}`")),
    }
}

/// The text between quotes, with escapes replaced, and its length in the source.
fn quoted(rest: &str, quote: char) -> Result<(String, usize), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\n' => break,
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, same @ ('\\' | '"' | '\''))) => text.push(same),
                _ => return Err("unknown escape; expected \\n, \\t, \\r, \\\\, \\\" or \\'".to_string()),
            },
            _ if char == quote => return Ok((text, at + 1)),
            _ => text.push(char),
        }
    }
    Err(format!("this {quote} is not closed on its line"))
}
