//! Values of JSON as structs that derive serde's Deserialize. Needs the feature "serde".
use crate::json::Json;
use crate::params::Params;
use crate::shape;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any as forward;

impl<T: DeserializeOwned> Params for T {
    fn schema() -> Json {
        shape::schema::<T>()
    }
    fn read(json: &Json) -> Result<T, String> {
        T::deserialize(json).map_err(|wrong| wrong.to_string())
    }
}

/// What is wrong, and with what: `"fade.levels[2]" should be a number.`
#[derive(Debug)]
pub struct Wrong {
    place: String,
    what: String,
    /// The field that is missing, if that is what is wrong.
    pub(crate) missing: Option<&'static str>,
}

impl Wrong {
    pub(crate) fn new(what: &[&str]) -> Wrong {
        Wrong { place: String::new(), what: what.concat(), missing: None }
    }
    fn of_expected(expected: &dyn Expected) -> Wrong {
        Wrong::new(&["should be ", &expected.to_string(), "."])
    }
    fn below(mut self, name: &str) -> Wrong {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = [name, dot, &self.place].concat();
        self
    }
    fn in_list(mut self, index: usize) -> Wrong {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = ["[", &index.to_string(), "]", dot, &self.place].concat();
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        if self.place.is_empty() {
            return write!(out, "What was given {}", self.what);
        }
        write!(out, "\"{}\" {}", self.place, self.what)
    }
}
impl serde::de::StdError for Wrong {}

// What was found instead is not said: to write a fraction for that takes 20 KiB.
impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(what: T) -> Wrong {
        Wrong::new(&["is wrong: ", &what.to_string()])
    }
    fn invalid_type(_: Unexpected, expected: &dyn Expected) -> Wrong {
        Wrong::of_expected(expected)
    }
    fn invalid_value(_: Unexpected, expected: &dyn Expected) -> Wrong {
        Wrong::of_expected(expected)
    }
    fn invalid_length(_: usize, expected: &dyn Expected) -> Wrong {
        Wrong::of_expected(expected)
    }
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong::new(&["should be one of: ", &expected.join(", "), "."])
    }
    fn unknown_field(field: &str, _: &'static [&'static str]) -> Wrong {
        Wrong::new(&["is not known."]).below(field)
    }
    fn missing_field(field: &'static str) -> Wrong {
        Wrong { missing: Some(field), ..Wrong::new(&["is missing."]).below(field) }
    }
    fn duplicate_field(field: &'static str) -> Wrong {
        Wrong::new(&["is there twice."]).below(field)
    }
}

macro_rules! whole_numbers {
    ($($name:ident)*) => {$(
        // 3.0 is whole, too.
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.as_i64() {
                Some(whole) => visitor.visit_i64(whole),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Json {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Integer(value) => visitor.visit_i64(*value),
            Json::Number(value) => visitor.visit_f64(*value),
            Json::String(text) => visitor.visit_borrowed_str(text),
            Json::Array(items) => {
                let mut list = List { items, next: 0 };
                let value = visitor.visit_seq(&mut list)?;
                if list.next < items.len() {
                    return Err(Wrong::new(&["is too long."]));
                }
                Ok(value)
            }
            Json::Object(members) => visitor.visit_map(Members { members, value: None }),
        }
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self {
            Json::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }
    /// `"name"`, or of a variant that holds something `{"name": …}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self {
            Json::String(name) => visitor.visit_enum(Choice { name, held: None }),
            Json::Object(members) => match members.as_slice() {
                [(name, held)] => visitor.visit_enum(Choice { name, held: Some(held) }),
                _ => Err(Wrong::new(&["should have exactly one member."])),
            },
            _ => Err(Wrong::new(&["should be a string, or an object with one member."])),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
    forward! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

struct List<'de> {
    items: &'de [Json],
    next: usize,
}
impl<'de> SeqAccess<'de> for &mut List<'de> {
    type Error = Wrong;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        let index = self.next;
        let item = match self.items.get(index) {
            Some(item) => item,
            None => return Ok(None),
        };
        self.next += 1;
        seed.deserialize(item).map(Some).map_err(|wrong| wrong.in_list(index))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

struct Members<'de> {
    members: &'de [(String, Json)],
    value: Option<&'de (String, Json)>,
}
impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Wrong;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        match self.members.split_first() {
            Some((first, rest)) => {
                self.members = rest;
                self.value = Some(first);
                seed.deserialize(StrDeserializer::<Wrong>::new(&first.0)).map(Some)
            }
            None => Ok(None),
        }
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        match self.value.take() {
            Some((name, value)) => seed.deserialize(value).map_err(|wrong| wrong.below(name)),
            None => Err(Wrong::new(&["has no value there."])),
        }
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

struct Choice<'de> {
    name: &'de str,
    held: Option<&'de Json>,
}
impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Wrong;
    type Variant = Self;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Wrong> {
        Ok((seed.deserialize(StrDeserializer::<Wrong>::new(self.name))?, self))
    }
}
impl<'de> Choice<'de> {
    fn held(&self) -> Result<&'de Json, Wrong> {
        self.held.ok_or_else(|| Wrong::new(&["should be an object with one member."]))
    }
}
impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = Wrong;
    fn unit_variant(self) -> Result<(), Wrong> {
        match self.held {
            None | Some(Json::Null) => Ok(()),
            Some(_) => Err(Wrong::new(&["holds nothing."]).below(self.name)),
        }
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(self.held()?).map_err(|wrong| wrong.below(self.name))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.held()?.deserialize_any(visitor).map_err(|wrong| wrong.below(self.name))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.held()?.deserialize_any(visitor).map_err(|wrong| wrong.below(self.name))
    }
}

/// A field that takes anything.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a value of JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_none<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Json, D::Error> {
                Json::deserialize(inner)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(i64::try_from(value).map_or(Json::Number(value as f64), Json::Integer))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(text.into())
            }
            fn visit_string<E>(self, text: String) -> Result<Json, E> {
                Ok(text.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Json::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Json::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;
    use std::{format, vec};

    #[derive(Debug, PartialEq, Deserialize)]
    enum Target {
        Program,
        Scene(String),
        Place { x: i16, y: i16 },
        Range(u8, u8),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Levels {
        of: Vec<f32>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Fade {
        scene: String,
        #[serde(default)]
        milliseconds: u16,
        target: Option<Target>,
        #[serde(default)]
        levels: Option<Levels>,
        #[serde(default)]
        more: BTreeMap<String, Json>,
    }

    fn read<T: Params>(text: &str) -> Result<T, String> {
        T::read(&Json::parse(text).unwrap())
    }

    #[test]
    fn what_is_right_is_read() {
        let fade: Fade = read(
            r#"{"scene":"Live","milliseconds":5.0,"target":{"Place":{"x":-1,"y":2}},
                "levels":{"of":[1,0.5]},"more":{"a":[null,true,{"b":"c"}]},"unknown":1}"#,
        )
        .unwrap();
        assert_eq!(fade.scene, "Live");
        assert_eq!(fade.milliseconds, 5);
        assert_eq!(fade.target, Some(Target::Place { x: -1, y: 2 }));
        assert_eq!(fade.levels, Some(Levels { of: vec![1.0, 0.5] }));
        assert_eq!(fade.more["a"].dump(), r#"[null,true,{"b":"c"}]"#);
        let least: Fade = read(r#"{"scene":"","target":null}"#).unwrap();
        assert_eq!((least.milliseconds, least.target, least.levels), (0, None, None));
        assert_eq!(read::<Target>("\"Program\""), Ok(Target::Program));
        assert_eq!(read::<Target>("{\"Scene\":\"a\"}"), Ok(Target::Scene("a".into())));
        assert_eq!(read::<Target>("{\"Range\":[1,2]}"), Ok(Target::Range(1, 2)));
        assert_eq!(read::<(char, i64)>("[\"a\",-9223372036854775808]"), Ok(('a', i64::MIN)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("{}", "\"scene\" is missing."),
            ("[]", "What was given should be struct Fade with 5 elements."),
            ("7", "What was given should be struct Fade."),
            (r#"{"scene":7.5}"#, "\"scene\" should be a string."),
            (r#"{"scene":"","scene":""}"#, "\"scene\" is there twice."),
            (r#"{"scene":"","milliseconds":65536}"#, "\"milliseconds\" should be u16."),
            (r#"{"scene":"","milliseconds":-1}"#, "\"milliseconds\" should be u16."),
            (r#"{"scene":"","milliseconds":0.5}"#, "\"milliseconds\" should be u16."),
            (r#"{"scene":"","levels":{"of":[1,"a"]}}"#, "\"levels.of[1]\" should be f32."),
            (r#"{"scene":"","levels":{}}"#, "\"levels.of\" is missing."),
            (
                r#"{"scene":"","target":"Preview"}"#,
                "\"target\" should be one of: Program, Scene, Place, Range.",
            ),
            (r#"{"scene":"","target":{"Place":{"x":1}}}"#, "\"target.Place.y\" is missing."),
            (r#"{"scene":"","target":{"Program":1}}"#, "\"target.Program\" holds nothing."),
            (r#"{"scene":"","target":"Scene"}"#, "\"target\" should be an object with one member."),
            (r#"{"scene":"","target":{}}"#, "\"target\" should have exactly one member."),
            (r#"{"scene":"","target":{"Range":[1,2,3]}}"#, "\"target.Range\" is too long."),
            (
                r#"{"scene":"","target":{"Range":[1]}}"#,
                "\"target.Range\" should be tuple variant Target::Range with 2 elements.",
            ),
        ] {
            assert_eq!(read::<Fade>(text).unwrap_err(), error, "{text}");
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Strict {}
        assert_eq!(read::<Strict>("{\"a\":1}").unwrap_err(), "\"a\" is not known.");
        let own = <Wrong as serde::de::Error>::custom(format_args!("no {}", 7));
        assert_eq!(format!("{own}"), "What was given is wrong: no 7");
    }
}
