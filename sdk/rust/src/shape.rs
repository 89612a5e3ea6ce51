//! The JSON Schema of a type that derives serde's Deserialize, found by asking it: a deserializer that
//! has nothing to give, and writes down what it is asked for.
//!
//! One run finds one place of the type, as a visitor can be used once: `Probe` follows the path to
//! that place and stops there. `Sample` gives a value of each kind, to see whether a struct does
//! without one of its fields.
use crate::json::Json;
use crate::typed::Wrong;
use alloc::vec::Vec;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

type Names = &'static [&'static str];

/// What a place of a type takes.
enum Kind {
    Anything,
    Plain(&'static str),
    Whole(i64, i64),
    Character,
    List,
    Tuple(usize),
    Map,
    Struct(Names),
    Choice(Names),
    /// A type around another one.
    Inner,
    UnitVariant,
}

#[derive(Clone, Copy)]
enum Question {
    Kind,
    /// Whether a struct does without its field of that number.
    Required(usize),
}

#[derive(Default)]
struct Answer {
    kind: Option<Kind>,
    required: bool,
}

/// Types may hold themselves, and schemas are bounded.
const MAX_DEPTH: usize = 10;
const MAX_RUNS: usize = 2048;

pub(crate) fn schema<T: DeserializeOwned>() -> Json {
    let ask = |path: &[usize], question: Question| {
        let mut answer = Answer::default();
        let probe = Probe { path, question, answer: &mut answer };
        // It always ends with what stopped it.
        let _ = T::deserialize(probe).map(drop);
        answer
    };
    Walk { ask: &ask, path: Vec::new(), runs: 0 }.place()
}

struct Walk<'a> {
    ask: &'a dyn Fn(&[usize], Question) -> Answer,
    path: Vec<usize>,
    runs: usize,
}

impl Walk<'_> {
    fn below(&mut self, step: usize) -> Json {
        self.path.push(step);
        let schema = self.place();
        self.path.pop();
        schema
    }

    fn kind(&mut self) -> Kind {
        self.runs += 1;
        if self.path.len() > MAX_DEPTH || self.runs > MAX_RUNS {
            return Kind::Anything;
        }
        (self.ask)(&self.path, Question::Kind).kind.unwrap_or(Kind::Anything)
    }

    fn place(&mut self) -> Json {
        let of_type = |name: &str| Json::object().with("type", name);
        match self.kind() {
            Kind::Anything => Json::object(),
            Kind::Plain(name) => of_type(name),
            Kind::Whole(least, most) => {
                of_type("integer").with("minimum", least).with("maximum", most)
            }
            Kind::Character => of_type("string").with("minLength", 1).with("maxLength", 1),
            Kind::List => of_type("array").with("items", self.below(0)),
            Kind::Tuple(length) => {
                let items: Vec<Json> = (0..length).map(|item| self.below(item)).collect();
                of_type("array")
                    .with("prefixItems", items)
                    .with("minItems", length as i64)
                    .with("maxItems", length as i64)
            }
            Kind::Map => of_type("object").with("additionalProperties", self.below(0)),
            Kind::Struct(names) => self.members(names),
            Kind::Choice(names) => self.choice(names),
            Kind::Inner => self.below(0),
            Kind::UnitVariant => of_type("null"),
        }
    }

    fn members(&mut self, names: Names) -> Json {
        let mut properties = Json::object();
        let mut required: Vec<Json> = Vec::new();
        for (number, name) in names.iter().enumerate() {
            properties.set(name, self.below(number));
            if (self.ask)(&self.path, Question::Required(number)).required {
                required.push((*name).into());
            }
        }
        let mut schema = Json::object()
            .with("type", "object")
            .with("properties", properties)
            .with("additionalProperties", false);
        if !required.is_empty() {
            schema.set("required", required);
        }
        schema
    }

    fn choice(&mut self, names: Names) -> Json {
        let mut plain: Vec<Json> = Vec::new();
        let mut all: Vec<Json> = Vec::new();
        for (number, name) in names.iter().enumerate() {
            self.path.push(number);
            if let Kind::UnitVariant = self.kind() {
                plain.push((*name).into());
            } else {
                let required: Vec<Json> = Vec::from([(*name).into()]);
                all.push(
                    Json::object()
                        .with("type", "object")
                        .with("properties", Json::object().with(name, self.place()))
                        .with("required", required)
                        .with("additionalProperties", false),
                );
            }
            self.path.pop();
        }
        let plain = Json::object().with("enum", plain);
        if all.is_empty() {
            return plain;
        }
        if !plain.get("enum").items().is_empty() {
            all.push(plain);
        }
        Json::object().with("anyOf", all)
    }
}

fn stop<T>() -> Result<T, Wrong> {
    Err(Wrong::new(&[]))
}

/// Follows `path`, and answers at its end.
struct Probe<'a> {
    path: &'a [usize],
    question: Question,
    answer: &'a mut Answer,
}

impl<'a> Probe<'a> {
    /// At the end of the path: writes down the kind. Before it: the step to take.
    fn step(self, kind: Kind) -> Result<(usize, Probe<'a>), Wrong> {
        match self.path.split_first() {
            Some((step, path)) => Ok((*step, Probe { path, ..self })),
            None => {
                self.answer.kind = Some(kind);
                stop()
            }
        }
    }
    fn end<T>(self, kind: Kind) -> Result<T, Wrong> {
        self.answer.kind = Some(kind);
        stop()
    }
    fn fields<'de, V: Visitor<'de>>(self, names: Names, visitor: V) -> Result<V::Value, Wrong> {
        if let (true, Question::Required(left_out)) = (self.path.is_empty(), self.question) {
            let given = Samples { names, next: 0, left_out };
            if let Err(wrong) = visitor.visit_map(given) {
                self.answer.required =
                    wrong.missing.is_some() && wrong.missing == names.get(left_out).copied();
            }
            return stop();
        }
        let (field, probe) = self.step(Kind::Struct(names))?;
        visitor.visit_map(OneMember { name: names.get(field).copied(), probe: Some(probe) })
    }
    fn items<'de, V: Visitor<'de>>(self, kind: Kind, visitor: V) -> Result<V::Value, Wrong> {
        let (before, probe) = self.step(kind)?;
        visitor.visit_seq(OneItem { before, probe: Some(probe) })
    }
}

macro_rules! ends {
    ($($name:ident => $kind:expr),* $(,)?) => {$(
        fn $name<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
            self.end($kind)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Wrong;
    ends! {
        deserialize_any => Kind::Anything,
        deserialize_ignored_any => Kind::Anything,
        deserialize_bool => Kind::Plain("boolean"),
        deserialize_i8 => Kind::Whole(i8::MIN.into(), i8::MAX.into()),
        deserialize_i16 => Kind::Whole(i16::MIN.into(), i16::MAX.into()),
        deserialize_i32 => Kind::Whole(i32::MIN.into(), i32::MAX.into()),
        deserialize_i64 => Kind::Whole(i64::MIN, i64::MAX),
        deserialize_i128 => Kind::Whole(i64::MIN, i64::MAX),
        deserialize_u8 => Kind::Whole(0, u8::MAX.into()),
        deserialize_u16 => Kind::Whole(0, u16::MAX.into()),
        deserialize_u32 => Kind::Whole(0, u32::MAX.into()),
        deserialize_u64 => Kind::Whole(0, i64::MAX),
        deserialize_u128 => Kind::Whole(0, i64::MAX),
        deserialize_f32 => Kind::Plain("number"),
        deserialize_f64 => Kind::Plain("number"),
        deserialize_char => Kind::Character,
        deserialize_str => Kind::Plain("string"),
        deserialize_string => Kind::Plain("string"),
        deserialize_identifier => Kind::Plain("string"),
        deserialize_bytes => Kind::Plain("array"),
        deserialize_byte_buf => Kind::Plain("array"),
        deserialize_unit => Kind::Plain("null"),
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Wrong> {
        self.end(Kind::Plain("null"))
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let (_, probe) = self.step(Kind::Inner)?;
        visitor.visit_some(probe)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let (_, probe) = self.step(Kind::Inner)?;
        visitor.visit_newtype_struct(probe)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.items(Kind::List, visitor)
    }
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.items(Kind::Tuple(length), visitor)
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.items(Kind::Tuple(length), visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let (_, probe) = self.step(Kind::Map)?;
        visitor.visit_map(OneMember { name: Some("a"), probe: Some(probe) })
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.fields(names, visitor)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let (variant, probe) = self.step(Kind::Choice(names))?;
        match names.get(variant) {
            Some(name) => visitor.visit_enum(OneChoice { name, probe }),
            None => stop(),
        }
    }
}

/// A map or struct with one member.
struct OneMember<'a> {
    name: Option<&'static str>,
    probe: Option<Probe<'a>>,
}
impl<'de> MapAccess<'de> for OneMember<'_> {
    type Error = Wrong;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        match self.name.take() {
            Some(name) => seed.deserialize(StrDeserializer::<Wrong>::new(name)).map(Some),
            None => Ok(None),
        }
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        match self.probe.take() {
            Some(probe) => seed.deserialize(probe),
            None => stop(),
        }
    }
}

/// A list or tuple with that many samples, and then the place.
struct OneItem<'a> {
    before: usize,
    probe: Option<Probe<'a>>,
}
impl<'de> SeqAccess<'de> for OneItem<'_> {
    type Error = Wrong;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        if self.before > 0 {
            self.before -= 1;
            return seed.deserialize(Sample).map(Some);
        }
        match self.probe.take() {
            Some(probe) => seed.deserialize(probe).map(Some),
            None => Ok(None),
        }
    }
}

struct OneChoice<'a> {
    name: &'static str,
    probe: Probe<'a>,
}
impl<'a, 'de> EnumAccess<'de> for OneChoice<'a> {
    type Error = Wrong;
    type Variant = Probe<'a>;
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Probe<'a>), Wrong> {
        Ok((seed.deserialize(StrDeserializer::<Wrong>::new(self.name))?, self.probe))
    }
}
impl<'de> VariantAccess<'de> for Probe<'_> {
    type Error = Wrong;
    fn unit_variant(self) -> Result<(), Wrong> {
        self.end(Kind::UnitVariant)
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.items(Kind::Tuple(length), visitor)
    }
    fn struct_variant<V: Visitor<'de>>(self, names: Names, visitor: V) -> Result<V::Value, Wrong> {
        self.fields(names, visitor)
    }
}

/// All members of a struct but one.
struct Samples {
    names: Names,
    next: usize,
    left_out: usize,
}
impl<'de> MapAccess<'de> for Samples {
    type Error = Wrong;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        if self.next == self.left_out {
            self.next += 1;
        }
        let name = self.names.get(self.next).copied();
        self.next += 1;
        name.map(|name| seed.deserialize(StrDeserializer::<Wrong>::new(name))).transpose()
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(Sample)
    }
}

/// One value of whatever kind it is asked for.
struct Sample;

macro_rules! samples {
    ($($name:ident => $visit:ident($value:expr)),* $(,)?) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Sample {
    type Error = Wrong;
    samples! {
        deserialize_bool => visit_bool(false),
        deserialize_i8 => visit_i64(1),
        deserialize_i16 => visit_i64(1),
        deserialize_i32 => visit_i64(1),
        deserialize_i64 => visit_i64(1),
        deserialize_u8 => visit_i64(1),
        deserialize_u16 => visit_i64(1),
        deserialize_u32 => visit_i64(1),
        deserialize_u64 => visit_i64(1),
        deserialize_f32 => visit_i64(1),
        deserialize_f64 => visit_i64(1),
        deserialize_char => visit_char('a'),
        deserialize_str => visit_str("a"),
        deserialize_string => visit_str("a"),
        deserialize_identifier => visit_str("a"),
        deserialize_bytes => visit_bytes(b"a"),
        deserialize_byte_buf => visit_bytes(b"a"),
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_none()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(OneItem { before: 0, probe: None })
    }
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_seq(OneItem { before: length, probe: None })
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_seq(OneItem { before: length, probe: None })
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(OneMember { name: None, probe: None })
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_map(Samples { names, next: 0, left_out: names.len() })
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match names.first() {
            Some(name) => visitor.visit_enum(StrDeserializer::<Wrong>::new(name)),
            None => stop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Json, Params};
    use serde::Deserialize;
    use std::boxed::Box;
    use std::collections::BTreeMap;
    use std::string::String;
    use std::vec::Vec;

    #[allow(dead_code)]
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum How {
        Cut,
        Fade,
    }
    #[allow(dead_code)]
    #[derive(Deserialize)]
    enum Target {
        Program,
        Scene(String),
        Place { x: i16, y: i16 },
        Range(u8, u8),
    }
    #[allow(dead_code)]
    #[derive(Deserialize)]
    struct Meters(f64);
    #[allow(dead_code)]
    #[derive(Deserialize)]
    struct Inner {
        loud: bool,
        #[serde(default)]
        tags: Vec<String>,
    }
    fn three_hundred() -> u32 {
        300
    }
    #[allow(dead_code)]
    #[derive(Deserialize)]
    struct All {
        scene: String,
        #[serde(default = "three_hundred")]
        milliseconds: u32,
        how: How,
        maybe: Option<i8>,
        far: Meters,
        inner: Inner,
        #[serde(rename = "class")]
        kind: char,
        levels: BTreeMap<String, f64>,
        pair: (bool, u16),
        anything: Json,
        count: core::num::NonZeroU8,
        nothing: (),
    }

    fn schema<T: Params>() -> String {
        T::schema().dump()
    }
    fn json(text: &str) -> String {
        Json::parse(text).unwrap().dump()
    }

    #[test]
    fn it_says_what_a_struct_takes() {
        let right = json(
            r#"{"type":"object","properties":{
            "scene":{"type":"string"},
            "milliseconds":{"type":"integer","minimum":0,"maximum":4294967295},
            "how":{"enum":["cut","fade"]},
            "maybe":{"type":"integer","minimum":-128,"maximum":127},
            "far":{"type":"number"},
            "inner":{"type":"object","properties":{"loud":{"type":"boolean"},
                "tags":{"type":"array","items":{"type":"string"}}},
                "additionalProperties":false,"required":["loud"]},
            "class":{"type":"string","minLength":1,"maxLength":1},
            "levels":{"type":"object","additionalProperties":{"type":"number"}},
            "pair":{"type":"array","prefixItems":[{"type":"boolean"},
                {"type":"integer","minimum":0,"maximum":65535}],"minItems":2,"maxItems":2},
            "anything":{},
            "count":{"type":"integer","minimum":0,"maximum":255},
            "nothing":{"type":"null"}},
            "additionalProperties":false,
            "required":["scene","how","far","inner","class","levels","pair","anything","count",
                "nothing"]}"#,
        );
        assert_eq!(schema::<All>(), right);
    }

    #[test]
    fn it_says_what_variants_hold() {
        let right = json(
            r#"{"anyOf":[
            {"type":"object","properties":{"Scene":{"type":"string"}},"required":["Scene"],
                "additionalProperties":false},
            {"type":"object","properties":{"Place":{"type":"object","properties":{
                "x":{"type":"integer","minimum":-32768,"maximum":32767},
                "y":{"type":"integer","minimum":-32768,"maximum":32767}},
                "additionalProperties":false,"required":["x","y"]}},"required":["Place"],
                "additionalProperties":false},
            {"type":"object","properties":{"Range":{"type":"array","prefixItems":[
                {"type":"integer","minimum":0,"maximum":255},
                {"type":"integer","minimum":0,"maximum":255}],"minItems":2,"maxItems":2}},
                "required":["Range"],"additionalProperties":false},
            {"enum":["Program"]}]}"#,
        );
        assert_eq!(schema::<Target>(), right);
    }

    #[allow(dead_code)]
    #[derive(Deserialize)]
    struct Tree {
        name: String,
        left: Option<Box<Tree>>,
        right: Option<Box<Tree>>,
    }
    #[allow(dead_code)]
    #[derive(Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        One { a: u8 },
    }
    #[allow(dead_code)]
    #[derive(Deserialize)]
    struct Flat {
        own: u8,
        #[serde(flatten)]
        rest: Inner,
    }

    #[test]
    fn what_cannot_be_told_is_left_open() {
        let tree = schema::<Tree>();
        assert!(tree.len() < 16384, "{}", tree.len());
        assert!(tree.contains("\"right\":{}"), "{tree}");
        assert_eq!(schema::<Tagged>(), "{}");
        assert_eq!(Flat::schema().get("type").as_str(), Some("object"));
        let flat = Json::parse("{\"own\":1,\"loud\":true}").unwrap();
        assert!(Flat::read(&flat).is_ok());
    }
}
