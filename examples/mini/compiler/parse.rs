//! Parses source text by recursive descent.
//!
//! ```text
//! function  = [ "@" "host" "(" text "," text ")" ] "fn" name "(" [ param { "," param } ] ")" [ ":" type ] ( block | ";" )
//! param     = name ":" type
//! type      = "int" | "string" | "segment" | "allocator"
//! block     = "{" { statement } "}"
//! statement = "let" name "=" expr ";" | expr [ "=" expr ] ";" | "if" expr block [ "else" ( block | if ) ]
//!           | "while" expr block | "break" ";" | "return" [ expr ] ";" | "withAllocator" name block
//!           | "throw" expr ";" | "try" block "catch" name block
//! expr      = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ]
//! sum       = product { ( "+" | "-" ) product }
//! product   = operand { ( "*" | "/" | "%" ) operand }
//! operand   = ( number | text | name [ arguments ] | "(" expr ")" | "-" operand )
//!             { "." name [ arguments ] | "[" expr "]" }
//! ```

use super::ast::{Body, Expr, ExprKind, Function, Statement, StatementKind, Type};
use super::lex::{Token, TokenKind, lex};

/// The largest depth of statements and expressions in each other, so that no input overflows the stack.
const MAX_DEPTH: u32 = 200;

/// Parses a source file. An error has the form `FILE:LINE: message`.
pub(crate) fn parse(file: &str, source: &str) -> Result<Vec<Function>, String> {
    let parse = || {
        let mut parser = Parser { tokens: lex(source)?, position: 0, depth: 0 };
        let mut functions = Vec::new();
        while *parser.peek() != TokenKind::End {
            functions.push(parser.function(file)?);
        }
        Ok(functions)
    };
    parse().map_err(|message: String| format!("{file}:{message}"))
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: u32,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.position).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.position).or(self.tokens.last()).map_or(1, |token| token.line)
    }

    fn next(&mut self) -> TokenKind {
        let token = self.peek().clone();
        self.position += 1;
        token
    }

    fn fail<T>(&self, expected: &str) -> Result<T, String> {
        let found = match self.peek() {
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Number(number) => format!("the number {number}"),
            TokenKind::Text(_) => "a string".to_string(),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::End => "the end of the file".to_string(),
        };
        Err(format!("{}: expected {expected}, found {found}", self.line()))
    }

    /// Takes the next token if it is this symbol or keyword.
    fn accept(&mut self, word: &str) -> bool {
        let is_word = match self.peek() {
            TokenKind::Name(name) => name == word,
            TokenKind::Symbol(symbol) => *symbol == word,
            _ => false,
        };
        self.position += usize::from(is_word);
        is_word
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.accept(word) { Ok(()) } else { self.fail(&format!("`{word}`")) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            TokenKind::Name(name) => {
                let name = name.clone();
                self.position += 1;
                Ok(name)
            }
            _ => self.fail("a name"),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.peek() {
            TokenKind::Text(text) => {
                let text = text.clone();
                self.position += 1;
                Ok(text)
            }
            _ => self.fail("a string"),
        }
    }

    /// A list in parentheses, separated by commas.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Parser) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut items = Vec::new();
        self.expect("(")?;
        if self.accept(")") {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.accept(")") {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }

    fn function(&mut self, file: &str) -> Result<Function, String> {
        let host = if self.accept("@") {
            self.expect("host")?;
            match &self.list(Parser::text)?[..] {
                [module, name] => Some((module.clone(), name.clone())),
                _ => return self.fail("an annotation with a module and a name"),
            }
        } else {
            None
        };
        let line = self.line();
        self.expect("fn")?;
        let name = self.name()?;
        let params = self.list(|parser| {
            let name = parser.name()?;
            parser.expect(":")?;
            Ok((name, parser.ty()?))
        })?;
        let result = if self.accept(":") { Some(self.ty()?) } else { None };
        let body = match host {
            Some((module, name)) => {
                self.expect(";")?;
                Body::Host(module, name)
            }
            None => Body::Code(self.block()?),
        };
        Ok(Function { file: file.to_string(), line, name, params, result, body })
    }

    fn ty(&mut self) -> Result<Type, String> {
        let types =
            [("int", Type::Int), ("string", Type::Text), ("segment", Type::Segment), ("allocator", Type::Allocator)];
        match types.iter().find(|(word, _)| self.accept(word)) {
            Some((_, ty)) => Ok(*ty),
            None => self.fail("a type"),
        }
    }

    /// Runs a part of the parser one level deeper.
    fn deeper<T>(&mut self, part: impl FnOnce(&mut Parser) -> Result<T, String>) -> Result<T, String> {
        self.enter()?;
        let parsed = part(self);
        self.depth -= 1;
        parsed
    }

    fn enter(&mut self) -> Result<(), String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("{}: the program is nested too deeply", self.line()));
        }
        self.depth += 1;
        Ok(())
    }

    fn block(&mut self) -> Result<Vec<Statement>, String> {
        let mut statements = Vec::new();
        self.expect("{")?;
        while !self.accept("}") {
            statements.push(self.deeper(Parser::statement)?);
        }
        Ok(statements)
    }

    fn statement(&mut self) -> Result<Statement, String> {
        let line = self.line();
        let kind = if self.accept("if") {
            let condition = self.expr()?;
            let then = self.block()?;
            let or_else = match self.accept("else") {
                false => Vec::new(),
                true if *self.peek() == TokenKind::Name("if".to_string()) => vec![self.deeper(Parser::statement)?],
                true => self.block()?,
            };
            StatementKind::If(condition, then, or_else)
        } else if self.accept("while") {
            StatementKind::While(self.expr()?, self.block()?)
        } else if self.accept("withAllocator") {
            StatementKind::WithAllocator(self.name()?, self.block()?)
        } else if self.accept("try") {
            let body = self.block()?;
            self.expect("catch")?;
            StatementKind::Try(body, self.name()?, self.block()?)
        } else {
            let kind = self.simple_statement()?;
            self.expect(";")?;
            kind
        };
        Ok(Statement { line, kind })
    }

    /// A statement that ends with a semicolon.
    fn simple_statement(&mut self) -> Result<StatementKind, String> {
        if self.accept("let") {
            let name = self.name()?;
            self.expect("=")?;
            return Ok(StatementKind::Let(name, self.expr()?));
        }
        if self.accept("break") {
            return Ok(StatementKind::Break);
        }
        if self.accept("return") {
            let has_value = *self.peek() != TokenKind::Symbol(";");
            return Ok(StatementKind::Return(if has_value { Some(self.expr()?) } else { None }));
        }
        if self.accept("throw") {
            return Ok(StatementKind::Throw(self.expr()?));
        }
        let expr = self.expr()?;
        Ok(if self.accept("=") { StatementKind::Assign(expr, self.expr()?) } else { StatementKind::Expr(expr) })
    }

    fn expr(&mut self) -> Result<Expr, String> {
        let left = self.sum()?;
        self.binary(left, &["==", "!=", "<=", ">=", "<", ">"], Parser::sum, false)
    }

    fn sum(&mut self) -> Result<Expr, String> {
        let left = self.product()?;
        self.binary(left, &["+", "-"], Parser::product, true)
    }

    fn product(&mut self) -> Result<Expr, String> {
        let left = self.deeper(Parser::operand)?;
        self.binary(left, &["*", "/", "%"], |parser| parser.deeper(Parser::operand), true)
    }

    /// Continues an expression by operators and operands; more than once, if `repeats` is set.
    fn binary(
        &mut self,
        mut left: Expr,
        operators: &[&'static str],
        operand: impl Fn(&mut Parser) -> Result<Expr, String>,
        repeats: bool,
    ) -> Result<Expr, String> {
        let depth = self.depth;
        while let Some(operator) = operators.iter().find(|operator| self.accept(operator)) {
            self.enter()?;
            let right = operand(self)?;
            let line = left.line;
            left = Expr { line, kind: ExprKind::Binary(operator, Box::new(left), Box::new(right)) };
            if !repeats {
                break;
            }
        }
        self.depth = depth;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, String> {
        let line = self.line();
        let is_call = |parser: &Parser| *parser.peek() == TokenKind::Symbol("(");
        let kind = match self.next() {
            TokenKind::Number(number) => ExprKind::Number(number),
            TokenKind::Text(text) => ExprKind::Text(text),
            TokenKind::Name(name) if is_call(self) => ExprKind::Call(name, self.list(Parser::expr)?),
            TokenKind::Name(name) => ExprKind::Name(name),
            TokenKind::Symbol("-") => {
                let zero = Expr { line, kind: ExprKind::Number(0) };
                ExprKind::Binary("-", Box::new(zero), Box::new(self.deeper(Parser::operand)?))
            }
            TokenKind::Symbol("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                inner.kind
            }
            TokenKind::Symbol(_) | TokenKind::End => {
                self.position -= 1;
                return self.fail("an expression");
            }
        };
        let depth = self.depth;
        let mut expr = Expr { line, kind };
        loop {
            self.enter()?;
            let kind = if self.accept(".") {
                let name = self.name()?;
                let arguments = if is_call(self) { self.list(Parser::expr)? } else { Vec::new() };
                ExprKind::Member(Box::new(expr), name, arguments)
            } else if self.accept("[") {
                let index = self.expr()?;
                self.expect("]")?;
                ExprKind::Index(Box::new(expr), Box::new(index))
            } else {
                self.depth = depth;
                return Ok(expr);
            };
            expr = Expr { line, kind };
        }
    }
}
