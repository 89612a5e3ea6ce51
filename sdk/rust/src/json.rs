//! A value of JSON, read from text that may be hostile: bounded, and without panics.
use crate::number;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    String(String),
    Array(Vec<Json>),
    /// In order; of equal names the last counts.
    Object(Vec<(String, Json)>),
}

const MAX_DEPTH: usize = 64;
const MAX_VALUES: usize = 65536;
static NULL: Json = Json::Null;

impl Json {
    /// Exactly one value (RFC 8259), with at most 64 arrays and objects in one another and 65536
    /// values; nothing if the text is anything else.
    pub fn parse(text: &str) -> Option<Json> {
        let mut reader = Reader { text: text.as_bytes(), at: 0, values: 0 };
        let json = reader.value(0)?;
        reader.space();
        if reader.at == reader.text.len() {
            Some(json)
        } else {
            None
        }
    }

    pub fn object() -> Json {
        Json::Object(Vec::new())
    }
    /// Puts a member into an object, in place of one of that name; what is no object becomes one.
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Json {
        self.set(name, value);
        self
    }
    pub fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.put(name, value.into());
    }
    // Code that there is once, for values of all kinds.
    #[inline(never)]
    fn put(&mut self, name: &str, value: Json) {
        if !matches!(self, Json::Object(_)) {
            *self = Json::object();
        }
        if let Json::Object(members) = self {
            match members.iter_mut().rev().find(|(key, _)| key == name) {
                Some((_, old)) => *old = value,
                None => members.push((name.into(), value)),
            }
        }
    }
    pub fn find_mut(&mut self, name: &str) -> Option<&mut Json> {
        match self {
            Json::Object(members) => {
                members.iter_mut().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }
    /// The member, which is null then; null if there is none.
    pub fn take(&mut self, name: &str) -> Json {
        self.find_mut(name).map_or(Json::Null, |value| core::mem::replace(value, Json::Null))
    }

    pub fn find(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => {
                members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }
    /// The member; null if there is none.
    pub fn get(&self, name: &str) -> &Json {
        self.find(name).unwrap_or(&NULL)
    }
    /// The items of an array; none of all else.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }
    /// A number that is whole, such as 3.0, counts.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Integer(value) => Some(*value),
            Json::Number(value) if (*value >= -9e15 && *value <= 9e15) => {
                let whole = *value as i64;
                if whole as f64 == *value {
                    Some(whole)
                } else {
                    None
                }
            }
            _ => None,
        }
    }
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Integer(value) => Some(*value as f64),
            Json::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// As text, without spaces. A number that JSON has no word for (NaN, infinity) is null.
    #[inline(never)]
    pub fn dump(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        // It is ASCII and whole texts.
        String::from_utf8(out).unwrap_or_default()
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Integer(value) => write_integer(out, *value),
            Json::Number(value) => number::write(out, *value),
            Json::String(text) => write_string(out, text),
            Json::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (i, (name, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    write_string(out, name);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

pub(crate) fn write_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    let start = out.len();
    let mut rest = value.unsigned_abs();
    loop {
        out.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=31 | 127 => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            other => out.push(other),
        }
    }
    out.push(b'"');
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }
    fn take(&mut self, byte: u8) -> Option<()> {
        if self.text.get(self.at) != Some(&byte) {
            return None;
        }
        self.at += 1;
        Some(())
    }
    fn word(&mut self, word: &[u8], value: Json) -> Option<Json> {
        if !self.text.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(value)
    }
    fn space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return None;
        }
        self.space();
        match self.peek() {
            b'{' if depth < MAX_DEPTH => self.object(depth + 1),
            b'[' if depth < MAX_DEPTH => self.array(depth + 1),
            b'"' => self.string().map(Json::String),
            b't' => self.word(b"true", Json::Bool(true)),
            b'f' => self.word(b"false", Json::Bool(false)),
            b'n' => self.word(b"null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        let mut members = Vec::new();
        self.at += 1;
        self.space();
        if self.take(b'}').is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.take(b':')?;
            members.push((name, self.value(depth)?));
            self.space();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Json::Object(members));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.take(b']').is_some() {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Json::Array(items));
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.at < self.text.len() && !matches!(self.peek(), b'"' | b'\\' | 0..=31) {
                self.at += 1;
            }
            // It began as text, and is cut at ASCII alone.
            out.push_str(core::str::from_utf8(self.text.get(start..self.at)?).ok()?);
            if self.take(b'"').is_some() {
                return Some(out);
            }
            self.take(b'\\')?;
            let escaped = match self.peek() {
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => {
                    self.at += 1;
                    out.push(self.code_point()?);
                    continue;
                }
                same @ (b'"' | b'\\' | b'/') => same as char,
                _ => return None,
            };
            self.at += 1;
            out.push(escaped);
        }
    }

    fn code_point(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.take(b'\\')?;
        self.take(b'u')?;
        let second = self.four_digits()?;
        if !(0xDC00..0xE000).contains(&second) {
            return None;
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut code = 0;
        for digit in self.text.get(self.at..self.at + 4)? {
            code = code * 16 + (*digit as char).to_digit(16)?;
        }
        self.at += 4;
        Some(code)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        let negative = self.take(b'-').is_some();
        let first = self.at;
        let count = self.digits();
        if count == 0 || (count > 1 && self.text[first] == b'0') {
            return None;
        }
        let whole_end = self.at;
        if self.take(b'.').is_some() && self.digits() == 0 {
            return None;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if self.take(b'+').is_none() {
                let _ = self.take(b'-');
            }
            if self.digits() == 0 {
                return None;
            }
        }
        if whole_end == self.at {
            let mut value = Some(0i64);
            for digit in &self.text[first..whole_end] {
                let digit = i64::from(digit - b'0');
                value = value.and_then(|v| v.checked_mul(10)).and_then(|v| {
                    if negative {
                        v.checked_sub(digit)
                    } else {
                        v.checked_add(digit)
                    }
                });
            }
            if let Some(whole) = value {
                return Some(Json::Integer(whole));
            }
        }
        number::parse(self.text.get(start..self.at)?).map(Json::Number)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}
impl From<i32> for Json {
    fn from(value: i32) -> Json {
        Json::Integer(value.into())
    }
}
impl From<u32> for Json {
    fn from(value: u32) -> Json {
        Json::Integer(value.into())
    }
}
impl From<i64> for Json {
    fn from(value: i64) -> Json {
        Json::Integer(value)
    }
}
impl From<f64> for Json {
    fn from(value: f64) -> Json {
        Json::Number(value)
    }
}
impl From<&str> for Json {
    fn from(value: &str) -> Json {
        Json::String(value.into())
    }
}
impl From<String> for Json {
    fn from(value: String) -> Json {
        Json::String(value)
    }
}
impl From<&String> for Json {
    fn from(value: &String) -> Json {
        Json::String(value.clone())
    }
}
impl From<Vec<Json>> for Json {
    fn from(value: Vec<Json>) -> Json {
        Json::Array(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn what_was_written_is_read_again() {
        for text in [
            "null",
            "[1,-2,9223372036854775807,-9223372036854775808]",
            "{\"a\":{\"b\":[true,false,{}]},\"\":\"\"}",
            "[0.5,1e300,-0.125,1.7976931348623157e308]",
            "\"\\u0000\\u001f\\\"\\\\ \\n \u{fc} \u{1f3b9}\"",
        ] {
            assert_eq!(Json::parse(text).unwrap().dump(), text);
        }
        assert_eq!(Json::parse("\"\\ud83c\\udfb9\\/\"").unwrap().as_str(), Some("\u{1f3b9}/"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "1e",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\n\"",
            "1 2",
            "[1}",
            "1e999",
            "NaN",
        ] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(Json::parse(&nested(MAX_DEPTH)).is_some());
        assert!(Json::parse(&nested(MAX_DEPTH + 1)).is_none());
        assert!(Json::parse(&nested(1_000_000)).is_none());
        let many = "[".to_string() + &"1,".repeat(MAX_VALUES) + "1]";
        assert!(Json::parse(&many).is_none());
    }
}
