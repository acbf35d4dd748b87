//! SOQL, and the part of SOSL that is SOQL, read into a tree. What is not understood is refused, as a typing mistake would be.

/// A query.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) fields: Vec<Selected>,
    pub(super) from: String,
    pub(super) wanted: Option<Wanted>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Selected {
    Field(String),
    Count,
    /// Records that hang on this one.
    Children(Box<Query>),
}

#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) field: String,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

/// What records must be.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    All(Vec<Wanted>),
    Any(Vec<Wanted>),
    Not(Box<Wanted>),
    Is(String, Op, Literal),
    In(String, bool, Vec<Literal>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Like,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    /// As it stands between its quotes, with its escapes.
    Text(String),
    Number(f64),
    Yes(bool),
    Null,
    Day(String),
    Instant(String),
}

/// Why it was not understood.
#[derive(Debug, Clone)]
pub(super) struct Malformed(pub(super) String);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Reads tokens, one after the other.
#[derive(Debug)]
pub(super) struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

type Read<T> = Result<T, Malformed>;

fn unexpected(what: &str) -> Malformed {
    Malformed(format!("unexpected token: '{what}'"))
}

const SIGNS: [&str; 10] = ["<=", ">=", "!=", "<>", "(", ")", ",", "=", "<", ">"];

fn tokens(text: &str) -> Read<Vec<Token>> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            all.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if first == '\'' {
            let mut escaped = false;
            let end = rest[1..].char_indices().find(|(_, c)| {
                let ends = *c == '\'' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            let (end, _) = end.ok_or_else(|| Malformed("unterminated string".to_owned()))?;
            all.push(Token::Text(rest[1..=end].to_owned()));
            rest = &rest[end + 2..];
        } else {
            let word = |c: char| c.is_ascii_alphanumeric() || "_.:+-".contains(c);
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(unexpected(&first.to_string()));
            }
            all.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(all)
}

/// Reads a whole query.
pub(super) fn query(text: &str) -> Read<Query> {
    let mut reader = Reader::new(text)?;
    reader.word("SELECT")?;
    let query = reader.query()?;
    reader.end()?;
    Ok(query)
}

impl Reader {
    pub(super) fn new(text: &str) -> Read<Self> {
        Ok(Self { tokens: tokens(text)?, at: 0 })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn has_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    pub(super) fn has(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(is);
        is
    }

    fn wrong(&self) -> Malformed {
        match self.peek() {
            Some(Token::Word(text) | Token::Text(text)) => unexpected(text),
            Some(Token::Sign(sign)) => unexpected(sign),
            None => unexpected("<EOF>"),
        }
    }

    pub(super) fn word(&mut self, word: &str) -> Read<()> {
        if self.has_word(word) { Ok(()) } else { Err(self.wrong()) }
    }

    pub(super) fn sign(&mut self, sign: &str) -> Read<()> {
        if self.has(sign) { Ok(()) } else { Err(self.wrong()) }
    }

    pub(super) fn end(&self) -> Read<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.wrong()) }
    }

    pub(super) fn name(&mut self) -> Read<String> {
        match self.peek() {
            Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.wrong()),
        }
    }

    fn number(&mut self) -> Read<usize> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let number = word.parse().map_err(|_| self.wrong())?;
                self.at += 1;
                Ok(number)
            }
            _ => Err(self.wrong()),
        }
    }

    /// What stands behind SELECT.
    fn query(&mut self) -> Read<Query> {
        let mut query = Query::default();
        loop {
            query.fields.push(self.selected()?);
            if !self.has(",") {
                break;
            }
        }
        self.word("FROM")?;
        query.from = self.name()?;
        self.clauses(&mut query)?;
        Ok(query)
    }

    fn selected(&mut self) -> Read<Selected> {
        if self.has("(") {
            self.word("SELECT")?;
            let inner = self.query()?;
            self.sign(")")?;
            return Ok(Selected::Children(Box::new(inner)));
        }
        let name = self.name()?;
        if name.eq_ignore_ascii_case("COUNT") && self.has("(") {
            self.sign(")")?;
            return Ok(Selected::Count);
        }
        Ok(Selected::Field(name))
    }

    /// WHERE, ORDER BY, LIMIT and OFFSET, in their order.
    pub(super) fn clauses(&mut self, query: &mut Query) -> Read<()> {
        if self.has_word("WHERE") {
            query.wanted = Some(self.wanted()?);
        }
        if self.has_word("ORDER") {
            self.word("BY")?;
            loop {
                let field = self.name()?;
                let descending = self.has_word("DESC") || {
                    self.has_word("ASC");
                    false
                };
                let nulls_last = self.has_word("NULLS") && {
                    let last = self.has_word("LAST");
                    if !last {
                        self.word("FIRST")?;
                    }
                    last
                };
                query.order.push(Order { field, descending, nulls_last });
                if !self.has(",") {
                    break;
                }
            }
        }
        if self.has_word("LIMIT") {
            query.limit = Some(self.number()?);
        }
        if self.has_word("OFFSET") {
            query.offset = self.number()?;
        }
        Ok(())
    }

    fn wanted(&mut self) -> Read<Wanted> {
        let first = self.one()?;
        let (and, or) = (self.is_word("AND"), self.is_word("OR"));
        if !and && !or {
            return Ok(first);
        }
        let (joined, other) = if and { ("AND", "OR") } else { ("OR", "AND") };
        let mut all = vec![first];
        while self.has_word(joined) {
            all.push(self.one()?);
        }
        if self.is_word(other) {
            // Salesforce wants brackets where both are in one condition.
            return Err(self.wrong());
        }
        Ok(if and { Wanted::All(all) } else { Wanted::Any(all) })
    }

    fn one(&mut self) -> Read<Wanted> {
        if self.has("(") {
            let wanted = self.wanted()?;
            self.sign(")")?;
            return Ok(wanted);
        }
        if self.has_word("NOT") {
            return Ok(Wanted::Not(Box::new(self.one()?)));
        }
        let field = self.name()?;
        let not = self.has_word("NOT");
        if self.has_word("IN") {
            self.sign("(")?;
            let mut all = vec![self.literal()?];
            while self.has(",") {
                all.push(self.literal()?);
            }
            self.sign(")")?;
            return Ok(Wanted::In(field, not, all));
        }
        if self.has_word("LIKE") {
            let like = Wanted::Is(field, Op::Like, self.literal()?);
            return Ok(if not { Wanted::Not(Box::new(like)) } else { like });
        }
        let ops = [
            ("<=", Op::Le),
            (">=", Op::Ge),
            ("!=", Op::Ne),
            ("<>", Op::Ne),
            ("=", Op::Eq),
            ("<", Op::Lt),
            (">", Op::Gt),
        ];
        let (_, op) = ops.into_iter().find(|(sign, _)| self.has(sign)).ok_or_else(|| self.wrong())?;
        Ok(Wanted::Is(field, op, self.literal()?))
    }

    fn literal(&mut self) -> Read<Literal> {
        let literal = match self.peek() {
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Word(word)) => of_word(word).ok_or_else(|| self.wrong())?,
            _ => return Err(self.wrong()),
        };
        self.at += 1;
        Ok(literal)
    }
}

fn of_word(word: &str) -> Option<Literal> {
    match word.to_ascii_lowercase().as_str() {
        "true" => return Some(Literal::Yes(true)),
        "false" => return Some(Literal::Yes(false)),
        "null" => return Some(Literal::Null),
        _ => {}
    }
    let digits = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if let Some(number) = word.parse().ok().filter(|_| digits) {
        return Some(Literal::Number(number));
    }
    if word.parse::<chrono::NaiveDate>().is_ok() {
        return Some(Literal::Day(word.to_owned()));
    }
    chrono::DateTime::parse_from_rfc3339(word).ok().map(|_| Literal::Instant(word.to_owned()))
}

/// What a text between quotes says. Nothing for an escape that Salesforce does not know.
pub(super) fn plain(raw: &str) -> Option<String> {
    let mut said = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            said.push(c);
            continue;
        }
        said.push(match chars.next()?.to_ascii_lowercase() {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            c @ ('"' | '\'' | '\\' | '%' | '_') => c,
            _ => return None,
        });
    }
    Some(said)
}

/// Whether a text is like a pattern, which is still as it stands between its quotes.
pub(super) fn like(text: &str, raw: &str) -> bool {
    #[derive(Clone, Copy)]
    enum Part {
        One(char),
        Any,
        Some,
    }
    let mut parts = Vec::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '%' => Part::Some,
            '_' => Part::Any,
            '\\' => Part::One(chars.next().unwrap_or('\\')),
            c => Part::One(c),
        });
    }
    let text: Vec<char> = text.to_lowercase().chars().collect();
    // Which places of the text the pattern may have come to so far.
    let mut at = vec![false; text.len() + 1];
    at[0] = true;
    for part in parts {
        let mut next = vec![false; text.len() + 1];
        for (place, _) in at.iter().enumerate().filter(|(_, on)| **on) {
            match part {
                Part::Some => next[place..].fill(true),
                Part::Any if place < text.len() => next[place + 1] = true,
                Part::One(c) if place < text.len() && c.to_lowercase().eq([text[place]]) => next[place + 1] = true,
                Part::Any | Part::One(_) => {}
            }
        }
        at = next;
    }
    at[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_salesforce_does_not_read_is_not_read_here() {
        for good in [
            "SELECT Id FROM Contact",
            "select Id, Account.Name, (SELECT Id FROM Tasks LIMIT 2) from Contact where Name like '%x' order by Name desc nulls last limit 3",
            "SELECT COUNT() FROM Contact WHERE (A = 1 OR B = 2) AND NOT C = null",
            "SELECT Id FROM Task WHERE CreatedDate >= 2026-03-03T15:00:00.000Z AND ActivityDate < 2026-03-03",
        ] {
            assert!(query(good).is_ok(), "{good}: {:?}", query(good));
        }
        for bad in [
            "SELECT FROM Contact",
            "SELECT Id FROM Contact WHERE A = 1 AND B = 2 OR C = 3",
            "SELECT Id FROM Contact WHERE Id IN ()",
            "SELECT Id FROM Contact WHERE Name = 'O'Brien'",
            "SELECT Id FROM Contact WHERE Name = 'x",
            "SELECT Id FROM Contact; DELETE",
            "SELECT Id FROM Contact LIMIT x",
            "SELECT Id FROM Contact WHERE Name = x",
        ] {
            assert!(query(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_is_matched_with_its_wildcards_and_their_escapes() {
        for (text, raw, wanted) in [
            ("Hello", "%LLO", true),
            ("Hello", "h_l%", true),
            ("Hello", "h_l", false),
            ("50%", r"%\%", true),
            ("50x", r"%\%", false),
            ("", "%", true),
        ] {
            assert_eq!(like(text, raw), wanted, "{text} {raw}");
        }
        assert_eq!(plain(r"O\'Brien\n").as_deref(), Some("O'Brien\n"));
        assert_eq!(plain(r"\x"), None);
    }
}
