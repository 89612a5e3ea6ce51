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

/// Declares a struct whose fields are params or settings. What is documented of a field its user
/// reads; a field without a default is required; behind a semicolon are keywords of JSON Schema.
///
/// ```ignore
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
                let mut properties = $crate::Json::object();
                #[allow(unused_mut)]
                let mut required: $crate::abi::Vec<$crate::Json> = $crate::abi::Vec::new();
                $({
                    #[allow(unused_mut)]
                    let mut schema = <$kind as $crate::Value>::schema();
                    let description = concat!($($doc),*).trim();
                    if !description.is_empty() {
                        schema.set("description", description);
                    }
                    let default: Option<$kind> = $crate::params!(@default $($default)?);
                    match default {
                        Some(default) => {
                            if let Some(json) = $crate::Value::to_json(&default) {
                                schema.set("default", json);
                            }
                        }
                        None => required.push(stringify!($field).into()),
                    }
                    $($(schema.set($keyword, $bound);)+)?
                    properties.set(stringify!($field), schema);
                })*
                let mut schema = $crate::Json::object()
                    .with("type", "object")
                    .with("properties", properties)
                    .with("additionalProperties", false);
                if !required.is_empty() {
                    schema.set("required", required);
                }
                schema
            }

            fn read(json: &$crate::Json) -> Result<Self, $crate::abi::String> {
                #[allow(unused_variables)]
                let wrong = |what: &str| {
                    let mut text = $crate::abi::String::from("\"");
                    text.push_str(what);
                    text
                };
                Ok($name { $($field: match json.find(stringify!($field)) {
                    Some(given) => match <$kind as $crate::Value>::read(given) {
                        Some(value) => value,
                        None => return Err(wrong(concat!(
                            stringify!($field), "\" is not of the kind that it should be."))),
                    },
                    None => {
                        let default: Option<$kind> = $crate::params!(@default $($default)?);
                        match default {
                            Some(value) => value,
                            None => return Err(wrong(concat!(stringify!($field), "\" is missing."))),
                        }
                    }
                }),* })
            }
        }
    };
    (@default $default:expr) => { Some($default) };
    (@default) => { None };
}
