// The Fields class reads a JSON object into a struct, and makes the JSON Schema of it, from one
// declaration:
//
//   struct Fade {
//     std::string scene;
//     int milliseconds = 300;  // what a profile that says nothing gets
//     void fields(midimon::Fields& field) {
//       field("scene", scene).describe("The scene to go to").required().length(1, 256);
//       field("milliseconds", milliseconds).describe("How long it takes").range(0, 20000);
//     }
//   };
//
// Members are bool, whole numbers, float and double, std::string, Json (anything), std::optional
// and std::vector of these, and structs with fields() of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "json.hpp"

namespace midimon {

class Fields;

template <typename T>
concept HasFields = requires(T value, Fields& fields) {
  value.fields(fields);
};

// One field while it is declared: says more about it, and checks that.
class Field {
 public:
  Field(Fields& fields, std::string_view name, Json schema, const Json* given)
      : fields_(fields), name_(name), schema_(std::move(schema)), given_(given) {}
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;
  ~Field();

  // For people, who read it where they write profiles.
  Field& describe(std::string_view text) { return say("description", text); }
  // There is no default.
  Field& required();
  // The least and the most that a number may be.
  template <typename T>
  Field& range(T least, T most);
  // Of a string in characters, of a list in items.
  Field& length(std::size_t least, std::size_t most);
  // What a string may be.
  Field& choices(std::initializer_list<std::string_view> words);
  // A regular expression of RE2 that a string matches. The host checks it, nobody else.
  Field& pattern(std::string_view expression) { return say("pattern", expression); }
  // Any other keyword of JSON Schema. The host checks it, nobody else.
  Field& say(std::string_view keyword, Json value);

 private:
  void require(bool holds, std::string_view what);

  Fields& fields_;
  std::string_view name_;
  Json schema_;        // an object while a schema is made, else null
  const Json* given_;  // null if there is none
  bool required_ = false;
};

class Fields {
 public:
  // Makes the schema of a struct.
  template <HasFields T>
  static Json schema_of(T defaults = {}) {
    Fields fields(nullptr);
    defaults.fields(fields);
    Json schema = Json::object({{"type", "object"}, {"properties", std::move(fields.properties_)}});
    if (!fields.required_.empty()) schema.set("required", std::move(fields.required_));
    schema.set("additionalProperties", false);
    return schema;
  }

  // Reads a struct. `problem` says what is wrong with `json`, if anything is; members that could
  // not be read are as they were.
  template <HasFields T>
  static bool read(const Json& json, T& into, std::string& problem) {
    if (!json.is_object()) {
      problem = "It is not an object.";
      return false;
    }
    Fields fields(&json);
    into.fields(fields);
    problem = std::move(fields.problem_);
    return problem.empty();
  }

  template <typename T>
  Field operator()(std::string_view name, T& value) {
    if (json_ == nullptr) return Field(*this, name, describe(value, true), nullptr);
    const Json* given = json_->find(name);
    if (given != nullptr && !take(*given, value))
      wrong(name, "is not of the kind that it should be");
    return Field(*this, name, Json(), given);
  }

 private:
  friend class Field;

  explicit Fields(const Json* json) : json_(json) {}

  void wrong(std::string_view name, std::string_view what) {
    if (!problem_.empty()) return;
    problem_ = "\"";
    problem_ += name;
    problem_ += "\" ";
    problem_ += what;
    problem_ += '.';
  }

  template <typename T>
  static Json describe(const T& value, bool with_default) {
    Json schema = Json::object();
    if constexpr (std::is_same_v<T, bool>) {
      schema.set("type", "boolean");
    } else if constexpr (std::is_integral_v<T>) {
      schema.set("type", "integer");
      if (std::is_unsigned_v<T> || sizeof(T) < 4)
        schema.set("minimum", std::numeric_limits<T>::min());
      if (sizeof(T) < 4) schema.set("maximum", std::numeric_limits<T>::max());
    } else if constexpr (std::is_floating_point_v<T>) {
      schema.set("type", "number");
    } else if constexpr (std::is_same_v<T, std::string>) {
      schema.set("type", "string");
    } else if constexpr (std::is_same_v<T, Json>) {
      with_default = with_default && !value.is_null();
    } else if constexpr (HasFields<T>) {
      return schema_of(value);
    } else {
      return describe_many(value);
    }
    if constexpr (std::is_constructible_v<Json, const T&>) {
      if (with_default) schema.set("default", Json(value));
    }
    return schema;
  }
  template <typename T>
  static Json describe_many(const std::vector<T>&) {
    return Json::object({{"type", "array"}, {"items", describe(T(), false)}});
  }
  template <typename T>
  static Json describe_many(const std::optional<T>&) {
    return describe(T(), false);
  }

  template <typename T>
  static bool take(const Json& json, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = json.boolean(value);
      return json.is_boolean();
    } else if constexpr (std::is_integral_v<T>) {
      const std::optional<std::int64_t> whole = json.whole();
      if (!whole || (std::is_unsigned_v<T> && *whole < 0)) return false;
      const auto narrow = static_cast<T>(*whole);
      if (static_cast<std::int64_t>(narrow) != *whole) return false;
      value = narrow;
      return true;
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(json.number(value));
      return json.is_number();
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (json.is_string()) value = json.string();
      return json.is_string();
    } else if constexpr (std::is_same_v<T, Json>) {
      value = json;
      return true;
    } else if constexpr (HasFields<T>) {
      std::string problem;
      return read(json, value, problem);
    } else {
      return take_many(json, value);
    }
  }
  template <typename T>
  static bool take_many(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return false;
    values.clear();
    for (const Json& item : json.items()) {
      T value{};
      if (!take(item, value)) return false;
      values.push_back(std::move(value));
    }
    return true;
  }
  template <typename T>
  static bool take_many(const Json& json, std::optional<T>& value) {
    T inner{};
    if (!take(json, inner)) return false;
    value = std::move(inner);
    return true;
  }

  const Json* json_;  // null while a schema is made
  Json properties_ = Json::object();
  Json required_ = Json::array();
  std::string problem_;
};

inline Field::~Field() {
  if (!schema_.is_object()) return;
  if (required_) {
    Json without = Json::object();
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      if (schema_.name(i) != "default") without.set(schema_.name(i), schema_[i]);
    }
    schema_ = std::move(without);
    fields_.required_.push_back(name_);
  }
  fields_.properties_.set(name_, std::move(schema_));
}

inline Field& Field::say(std::string_view keyword, Json value) {
  if (schema_.is_object()) schema_.set(keyword, std::move(value));
  return *this;
}

inline Field& Field::required() {
  required_ = true;
  if (!schema_.is_object() && given_ == nullptr) fields_.wrong(name_, "is missing");
  return *this;
}

inline void Field::require(bool holds, std::string_view what) {
  if (given_ != nullptr && !holds) fields_.wrong(name_, what);
}

template <typename T>
Field& Field::range(T least, T most) {
  if (given_ != nullptr) {
    require(given_->number() >= static_cast<double>(least) &&
                given_->number() <= static_cast<double>(most),
            "is outside of what it may be");
  }
  say("minimum", least);
  return say("maximum", most);
}

inline Field& Field::length(std::size_t least, std::size_t most) {
  if (given_ != nullptr) {
    std::size_t size = given_->size();
    for (const char c : given_->string())
      size += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    require(size >= least && size <= most, "is too short or too long");
    return *this;
  }
  const bool list = schema_["type"].string() == "array";
  say(list ? "minItems" : "minLength", least);
  return say(list ? "maxItems" : "maxLength", most);
}

inline Field& Field::choices(std::initializer_list<std::string_view> words) {
  Json list = Json::array();
  bool found = false;
  for (const std::string_view word : words) {
    found = found || (given_ != nullptr && given_->string() == word);
    if (schema_.is_object()) list.push_back(word);
  }
  require(found, "is none of what it may be");
  return say("enum", std::move(list));
}

}  // namespace midimon
