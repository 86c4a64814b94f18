//! Parses tokens into declarations, statements and expressions.

use super::ast::{Expr, ExprKind, File, Function, Named, Record, Statement, StatementKind, TypeName};
use super::error::{Error, Position};
use super::lex::{Token, TokenKind, lex};

/// The binary operators, those that bind the least first.
const OPERATORS: [&[&str]; 5] = [&["||"], &["&&"], &["==", "!=", "<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"]];

/// The deepest nesting of expressions, statements and types.
const MAX_DEPTH: u32 = 100;

const KEYWORDS: [&str; 11] = ["record", "fn", "let", "if", "else", "while", "return", "break", "true", "false", "null"];

/// Parses a file, and adds its declarations to `file`.
pub(crate) fn parse(source: &str, file: &mut File) -> Result<(), Error> {
    let tokens = lex(source)?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0 };
    while !parser.is_end() {
        let at = parser.at();
        if parser.accept_word("record") {
            file.records.push(parser.record(at)?);
        } else if parser.accept_word("fn") {
            file.functions.push(parser.function(at)?);
        } else {
            return parser.unexpected("`record` or `fn`");
        }
    }
    Ok(())
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    depth: u32,
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        // The last token is the end, which is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn at(&self) -> Position {
        self.token().at
    }

    fn is_end(&self) -> bool {
        self.token().kind == TokenKind::End
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Error> {
        let found = match &self.token().kind {
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Number(number) => format!("{number}"),
            TokenKind::Text(_) => "a string".to_string(),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::End => "the end of the file".to_string(),
        };
        Error::new(self.at(), format!("expected {expected}, found {found}"))
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.token().kind, TokenKind::Symbol(other) if other == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        if self.accept(symbol) { Ok(()) } else { self.unexpected(&format!("`{symbol}`")) }
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let is_next = matches!(&self.token().kind, TokenKind::Name(name) if name == word);
        self.next += usize::from(is_next);
        is_next
    }

    fn name(&mut self) -> Result<String, Error> {
        match &self.token().kind {
            TokenKind::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            _ => self.unexpected("a name"),
        }
    }

    /// Parses something that may contain itself.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Error::new(self.at(), format!("the program is nested more than {MAX_DEPTH} levels deep"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// A list of items, separated by commas, up to a symbol. A comma may follow the last item.
    fn list<T>(&mut self, end: &str, item: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while !self.accept(end) {
            items.push(item(self)?);
            if !self.accept(",") {
                self.expect(end)?;
                break;
            }
        }
        Ok(items)
    }

    fn named(&mut self) -> Result<Named, Error> {
        let at = self.at();
        let name = self.name()?;
        self.expect(":")?;
        Ok(Named { at, name, ty: self.type_name()? })
    }

    fn type_name(&mut self) -> Result<TypeName, Error> {
        let at = self.at();
        if self.accept("[") {
            let element = self.nested(Self::type_name)?;
            self.expect("]")?;
            return Ok(TypeName::Array(Box::new(element)));
        }
        Ok(TypeName::Name(at, self.name()?))
    }

    fn record(&mut self, at: Position) -> Result<Record, Error> {
        let name = self.name()?;
        self.expect("{")?;
        Ok(Record { at, name, fields: self.list("}", Self::named)? })
    }

    fn function(&mut self, at: Position) -> Result<Function, Error> {
        let name = self.name()?;
        self.expect("(")?;
        let params = self.list(")", Self::named)?;
        let result = if self.accept(":") { Some(self.type_name()?) } else { None };
        let (body, end) = self.block()?;
        Ok(Function { at, name, params, result, body, end })
    }

    /// The statements of a block, and where it ends.
    fn block(&mut self) -> Result<(Vec<Statement>, Position), Error> {
        self.nested(|parser| {
            parser.expect("{")?;
            let mut statements = Vec::new();
            loop {
                let at = parser.at();
                if parser.accept("}") {
                    return Ok((statements, at));
                }
                statements.push(parser.statement()?);
            }
        })
    }

    fn statement(&mut self) -> Result<Statement, Error> {
        let at = self.at();
        let kind = if self.accept_word("if") {
            self.nested(Self::if_)?
        } else if self.accept_word("while") {
            StatementKind::While(self.expr()?, self.block()?.0)
        } else {
            let kind = self.simple_statement()?;
            self.expect(";")?;
            kind
        };
        Ok(Statement { at, kind })
    }

    fn if_(&mut self) -> Result<StatementKind, Error> {
        let condition = self.expr()?;
        let then = self.block()?.0;
        let mut or_else = Vec::new();
        if self.accept_word("else") {
            let at = self.at();
            if self.accept_word("if") {
                let kind = self.nested(Self::if_)?;
                or_else.push(Statement { at, kind });
            } else {
                or_else = self.block()?.0;
            }
        }
        Ok(StatementKind::If(condition, then, or_else))
    }

    fn simple_statement(&mut self) -> Result<StatementKind, Error> {
        if self.accept_word("let") {
            let name = self.name()?;
            let ty = if self.accept(":") { Some(self.type_name()?) } else { None };
            self.expect("=")?;
            return Ok(StatementKind::Let(name, ty, self.expr()?));
        }
        if self.accept_word("return") {
            let is_empty = self.token().kind == TokenKind::Symbol(";");
            return Ok(StatementKind::Return(if is_empty { None } else { Some(self.expr()?) }));
        }
        if self.accept_word("break") {
            return Ok(StatementKind::Break);
        }
        let place = self.expr()?;
        if self.accept("=") {
            return Ok(StatementKind::Assign(place, self.expr()?));
        }
        Ok(StatementKind::Expr(place))
    }

    fn expr(&mut self) -> Result<Expr, Error> {
        self.nested(|parser| parser.binary(0))
    }

    /// An expression whose operators bind at least as strongly as those of a level.
    fn binary(&mut self, level: usize) -> Result<Expr, Error> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let at = self.at();
            let Some(operator) = operators.iter().find(|operator| self.accept(operator)) else { return Ok(left) };
            let right = self.binary(level + 1)?;
            left = Expr { at, kind: ExprKind::Binary(operator, Box::new(left), Box::new(right)) };
        }
    }

    fn unary(&mut self) -> Result<Expr, Error> {
        let at = self.at();
        match ["-", "!"].into_iter().find(|operator| self.accept(operator)) {
            Some(operator) => {
                let value = self.nested(Self::unary)?;
                Ok(Expr { at, kind: ExprKind::Unary(operator, Box::new(value)) })
            }
            None => self.postfix(),
        }
    }

    fn postfix(&mut self) -> Result<Expr, Error> {
        let mut value = self.primary()?;
        loop {
            let at = self.at();
            let kind = if self.accept(".") {
                ExprKind::Field(Box::new(value), self.name()?)
            } else if self.accept("[") {
                let index = Box::new(self.expr()?);
                let kind = if self.accept("..") {
                    ExprKind::Slice(Box::new(value), index, Box::new(self.expr()?))
                } else {
                    ExprKind::Index(Box::new(value), index)
                };
                self.expect("]")?;
                kind
            } else {
                return Ok(value);
            };
            value = Expr { at, kind };
        }
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        let token = self.token().clone();
        let kind = match token.kind {
            TokenKind::Number(number) => {
                self.next += 1;
                ExprKind::Number(number)
            }
            TokenKind::Text(text) => {
                self.next += 1;
                ExprKind::Text(text)
            }
            TokenKind::Symbol("(") => {
                self.next += 1;
                let value = self.expr()?;
                self.expect(")")?;
                return Ok(value);
            }
            TokenKind::Symbol("[") => {
                self.next += 1;
                let element = self.type_name()?;
                self.expect(";")?;
                let length = self.expr()?;
                self.expect("]")?;
                ExprKind::Array(element, Box::new(length))
            }
            TokenKind::Name(_) => self.named_value()?,
            TokenKind::Symbol(_) | TokenKind::End => return self.unexpected("an expression"),
        };
        Ok(Expr { at: token.at, kind })
    }

    /// A constant, a variable, a call or a record. Names of records begin with an upper-case letter.
    fn named_value(&mut self) -> Result<ExprKind, Error> {
        for (word, kind) in [("true", ExprKind::Bool(true)), ("false", ExprKind::Bool(false)), ("null", ExprKind::Null)]
        {
            if self.accept_word(word) {
                return Ok(kind);
            }
        }
        let name = self.name()?;
        if self.accept("(") {
            return Ok(ExprKind::Call(name, self.list(")", Self::expr)?));
        }
        if name.starts_with(|first: char| first.is_ascii_uppercase()) && self.accept("{") {
            let field = |parser: &mut Self| {
                let at = parser.at();
                let name = parser.name()?;
                parser.expect(":")?;
                Ok((at, name, parser.expr()?))
            };
            return Ok(ExprKind::Record(name, self.list("}", field)?));
        }
        Ok(ExprKind::Name(name))
    }
}
