//! The syntax of claims.

use crate::error::Error;

/// An expression of a claim: an integer or a truth value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A number.
    Number(i128),
    /// `$name`: a local.
    Local(String),
    /// `@name`: a global.
    Global(String),
    /// A word, with its operands: `r0`, `returns`, `size(x)`, `traps(OutOfBounds)`.
    Word(String, Vec<Expr>),
    /// Two operands.
    Binary(&'static str, Box<(Expr, Expr)>),
    /// `not x`
    Not(Box<Expr>),
}

/// The operators, from those that bind least. Those of one line bind equally.
const LEVELS: &[&[&str]] = &[
    &["<=>"],
    &["=>"],
    &["or"],
    &["and"],
    &["==", "!=", "<=", ">=", "<", ">"],
    &["|"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*"],
];

const SYMBOLS: &[&str] =
    &["<=>", "=>", "==", "!=", "<=", ">=", "<<", ">>", "<", ">", "|", "&", "+", "-", "*", "(", ")", ","];

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expr, Error> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let expr = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(token) => Err(Error::new(format!("`{token}` is unexpected in `{text}`"))),
    }
}

fn tokens(text: &str) -> Result<Vec<&str>, Error> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    let is_word = |c: char| c.is_alphanumeric() || "_.$@:#".contains(c);
    while let Some(first) = rest.chars().next() {
        let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map(|symbol| symbol.len());
        let length = match symbol {
            Some(length) => length,
            None if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            None => return Err(Error::new(format!("`{first}` is unexpected in `{text}`"))),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn accept(&mut self, token: &str) -> bool {
        let found = self.tokens.get(self.at) == Some(&token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), Error> {
        if self.accept(token) { Ok(()) } else { Err(Error::new(format!("`{token}` is missing"))) }
    }

    fn binary(&mut self, level: usize) -> Result<Expr, Error> {
        let Some(operators) = LEVELS.get(level) else { return self.operand() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.accept(operator)) {
            // An implication binds to the right.
            let right = self.binary(if *operator == "=>" { level } else { level + 1 })?;
            left = Expr::Binary(operator, Box::new((left, right)));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        if self.accept("(") {
            let inner = self.binary(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.accept("not") {
            return Ok(Expr::Not(Box::new(self.operand()?)));
        }
        if self.accept("-") {
            return Ok(Expr::Binary("-", Box::new((Expr::Number(0), self.operand()?))));
        }
        let token = *self.tokens.get(self.at).ok_or_else(|| Error::new("an operand is missing"))?;
        self.at += 1;
        if let Some(name) = token.strip_prefix('$') {
            return Ok(Expr::Local(name.to_string()));
        }
        if let Some(name) = token.strip_prefix('@') {
            return Ok(Expr::Global(name.to_string()));
        }
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = token.replace('_', "");
            let value = match digits.strip_prefix("0x") {
                Some(digits) => i128::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            return value.map(Expr::Number).map_err(|_| Error::new(format!("`{token}` is not a number")));
        }
        if !token.starts_with(|c: char| c.is_alphabetic()) {
            return Err(Error::new(format!("`{token}` is unexpected")));
        }
        let mut args = Vec::new();
        if self.accept("(") && !self.accept(")") {
            loop {
                args.push(self.binary(0)?);
                if !self.accept(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        Ok(Expr::Word(token.to_string(), args))
    }
}
