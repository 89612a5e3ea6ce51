//! Structs as params and settings: read from JSON, with the JSON Schema that describes them.
use crate::json::Json;
use alloc::string::String;
use alloc::vec::Vec;

/// What a struct made by [`params!`](crate::params!) can do.
pub trait Params: Sized {
    fn schema() -> Json;
    /// The error names what is wrong.
    fn read(json: &Json) -> Result<Self, String>;
}

/// What a field of such a struct can be.
pub trait Value: Sized {
    fn schema() -> Json;
    fn read(json: &Json) -> Option<Self>;
    /// For the default in the schema; nothing if it has none.
    fn to_json(&self) -> Option<Json>;
}

fn of_type(name: &str) -> Json {
    Json::object().with("type", name)
}

impl Value for bool {
    fn schema() -> Json {
        of_type("boolean")
    }
    fn read(json: &Json) -> Option<bool> {
        json.as_bool()
    }
    fn to_json(&self) -> Option<Json> {
        Some(Json::Bool(*self))
    }
}

macro_rules! whole_numbers {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn schema() -> Json {
                of_type("integer")
                    .with("minimum", <$kind>::MIN as i64)
                    .with("maximum", <$kind>::MAX as i64)
            }
            fn read(json: &Json) -> Option<$kind> {
                let whole = json.as_i64()?;
                if whole >= <$kind>::MIN as i64 && whole <= <$kind>::MAX as i64 {
                    Some(whole as $kind)
                } else {
                    None
                }
            }
            fn to_json(&self) -> Option<Json> {
                Some(Json::Integer(*self as i64))
            }
        }
    )*};
}
whole_numbers!(u8, i8, u16, i16, u32, i32, i64);

impl Value for f64 {
    fn schema() -> Json {
        of_type("number")
    }
    fn read(json: &Json) -> Option<f64> {
        json.as_f64()
    }
    fn to_json(&self) -> Option<Json> {
        Some(Json::Number(*self))
    }
}

impl Value for String {
    fn schema() -> Json {
        of_type("string")
    }
    fn read(json: &Json) -> Option<String> {
        json.as_str().map(String::from)
    }
    fn to_json(&self) -> Option<Json> {
        Some(Json::String(self.clone()))
    }
}

impl Value for Json {
    fn schema() -> Json {
        Json::object()
    }
    fn read(json: &Json) -> Option<Json> {
        Some(json.clone())
    }
    fn to_json(&self) -> Option<Json> {
        Some(self.clone())
    }
}

impl<T: Value> Value for Option<T> {
    fn schema() -> Json {
        T::schema()
    }
    fn read(json: &Json) -> Option<Option<T>> {
        T::read(json).map(Some)
    }
    fn to_json(&self) -> Option<Json> {
        self.as_ref().and_then(T::to_json)
    }
}

impl<T: Value> Value for Vec<T> {
    fn schema() -> Json {
        of_type("array").with("items", T::schema())
    }
    fn read(json: &Json) -> Option<Vec<T>> {
        match json {
            Json::Array(items) => items.iter().map(T::read).collect(),
            _ => None,
        }
    }
    fn to_json(&self) -> Option<Json> {
        self.iter().map(T::to_json).collect::<Option<Vec<_>>>().map(Json::Array)
    }
}

/// The schema of a struct while its fields are told.
#[derive(Default)]
pub struct Fields {
    properties: Vec<(String, Json)>,
    required: Vec<Json>,
}

/// `r#type` is how Rust writes a field whose name is `type`.
fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

impl Fields {
    /// Without a default it is required; one of nothing is not told.
    #[inline(never)]
    pub fn add(&mut self, name: &str, doc: &str, mut schema: Json, default: Option<Option<Json>>) {
        let doc = doc.strip_prefix(' ').unwrap_or(doc);
        if !doc.is_empty() {
            schema.set("description", doc);
        }
        match default {
            None => self.required.push(plain(name).into()),
            Some(None) => {}
            Some(Some(default)) => schema.set("default", default),
        }
        self.properties.push((plain(name).into(), schema));
    }

    #[inline(never)]
    pub fn schema(self) -> Json {
        let mut schema = of_type("object")
            .with("properties", Json::Object(self.properties))
            .with("additionalProperties", false);
        if !self.required.is_empty() {
            schema.set("required", self.required);
        }
        schema
    }
}

/// A field of a struct, if it is given.
pub fn field<T: Value>(json: &Json, name: &str) -> Result<Option<T>, String> {
    match json.find(plain(name)) {
        None => Ok(None),
        Some(given) => match T::read(given) {
            None => Err(wrong(name, "\" is not of the kind that it should be.")),
            read => Ok(read),
        },
    }
}
pub fn missing(name: &str) -> String {
    wrong(name, "\" is missing.")
}
#[inline(never)]
fn wrong(name: &str, what: &str) -> String {
    ["\"", plain(name), what].concat()
}

/// Declares a struct whose fields are params or settings. What is documented of a field its user
/// reads; a field without a default is required; behind a semicolon are keywords of JSON Schema.
///
/// ```
/// midimon::params! {
///     struct Fade {
///         /// The scene to go to
///         scene: String; "maxLength" => 256,
///         /// How long it takes, in milliseconds
///         milliseconds: u32 = 300; "maximum" => 20000,
///     }
/// }
/// ```
#[macro_export]
macro_rules! params {
    ($(#[$meta:meta])* $visible:vis struct $name:ident {
        $($(#[doc = $doc:literal])* $field:ident: $kind:ty $(= $default:expr)?
          $(; $($keyword:literal => $bound:expr),+)?),* $(,)?
    }) => {
        $(#[$meta])*
        $visible struct $name { $($(#[doc = $doc])* pub $field: $kind),* }

        impl $crate::Params for $name {
            fn schema() -> $crate::Json {
                #[allow(unused_mut)]
                let mut fields = $crate::abi::Fields::default();
                $({
                    #[allow(unused_mut)]
                    let mut schema = <$kind as $crate::Value>::schema();
                    $($(schema.set($keyword, $bound);)+)?
                    let default: Option<$kind> = $crate::params!(@default $($default)?);
                    let default = default.map(|default| $crate::Value::to_json(&default));
                    fields.add(stringify!($field), concat!($($doc),*), schema, default);
                })*
                fields.schema()
            }

            #[allow(unused_variables)]
            fn read(json: &$crate::Json) -> Result<Self, $crate::abi::String> {
                Ok($name { $($field: match $crate::abi::field(json, stringify!($field))? {
                    Some(given) => given,
                    None => $crate::params!(@missing $field $($default)?),
                }),* })
            }
        }
    };
    (@default $default:expr) => { Some($default) };
    (@default) => { None };
    (@missing $field:ident $default:expr) => { $default };
    (@missing $field:ident) => { return Err($crate::abi::missing(stringify!($field))) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    params! {
        /// How a scene is gone to.
        #[derive(Debug, PartialEq)]
        struct Fade {
            /// The scene to go to
            scene: String; "maxLength" => 256,
            /// How long it takes,
            /// in milliseconds
            milliseconds: u16 = 300; "maximum" => 20000,
            r#type: Option<String> = None,
            levels: Vec<f64> = Vec::new(),
        }
    }
    params! {
        struct Nothing {}
    }

    #[test]
    fn the_schema_says_what_the_struct_does() {
        let right = Json::parse(
            r#"{"type":"object","properties":{
                "scene":{"type":"string","maxLength":256,"description":"The scene to go to"},
                "milliseconds":{"type":"integer","minimum":0,"maximum":20000,
                    "description":"How long it takes, in milliseconds","default":300},
                "type":{"type":"string"},
                "levels":{"type":"array","items":{"type":"number"},"default":[]}},
                "additionalProperties":false,"required":["scene"]}"#,
        );
        assert_eq!(Some(Fade::schema()), right);
        let nothing = "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}";
        assert_eq!(Nothing::schema().dump(), nothing);
    }

    #[test]
    fn what_is_right_is_read_and_all_else_is_named() {
        let read = |text: &str| Fade::read(&Json::parse(text).unwrap());
        let all = r#"{"scene":"Live","milliseconds":5.0,"type":"cut","levels":[1,0.5]}"#;
        let fade = Fade {
            scene: "Live".to_string(),
            milliseconds: 5,
            r#type: Some("cut".to_string()),
            levels: std::vec![1.0, 0.5],
        };
        assert_eq!(read(all), Ok(fade));
        assert_eq!(read(r#"{"scene":""}"#).unwrap().milliseconds, 300);
        for (text, error) in [
            ("{}", "\"scene\" is missing."),
            ("[]", "\"scene\" is missing."),
            (r#"{"scene":1}"#, "\"scene\" is not of the kind that it should be."),
            (
                r#"{"scene":"","milliseconds":65536}"#,
                "\"milliseconds\" is not of the kind that it should be.",
            ),
            (
                r#"{"scene":"","milliseconds":0.5}"#,
                "\"milliseconds\" is not of the kind that it should be.",
            ),
            (r#"{"scene":"","type":2}"#, "\"type\" is not of the kind that it should be."),
            (r#"{"scene":"","levels":[null]}"#, "\"levels\" is not of the kind that it should be."),
        ] {
            assert_eq!(read(text).unwrap_err(), error);
        }
        assert!(Nothing::read(&Json::object()).is_ok());
    }
}
