package midimon

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// The JSON Schema of a struct; what its tags say is in Action.
func schemaOf(sample any) map[string]any {
	return describe(reflect.TypeOf(sample))
}

func describe(kind reflect.Type) map[string]any {
	switch kind.Kind() {
	case reflect.Pointer:
		return describe(kind.Elem())
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": describe(kind.Elem())}
	case reflect.Struct:
		return describeStruct(kind)
	}
	return map[string]any{}
}

func describeStruct(kind reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range kind.NumField() {
		field := kind.Field(i)
		name := nameOf(field)
		if name == "" {
			continue
		}
		schema := describe(field.Type)
		for _, keyword := range []string{"description", "pattern"} {
			if text, given := field.Tag.Lookup(keyword); given {
				schema[keyword] = text
			}
		}
		for _, keyword := range []string{"minimum", "maximum", "minLength", "maxLength"} {
			if text, given := field.Tag.Lookup(keyword); given {
				schema[keyword] = json.RawMessage(text)
			}
		}
		if words, given := field.Tag.Lookup("enum"); given {
			schema["enum"] = strings.Split(words, ",")
		}
		if text, given := field.Tag.Lookup("default"); given {
			schema["default"] = defaultOf(field.Type, text)
		}
		if field.Tag.Get("required") == "true" {
			required = append(required, name)
		}
		properties[name] = schema
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// What JSON calls the field; empty: it has no part in it.
func nameOf(field reflect.StructField) string {
	if !field.IsExported() {
		return ""
	}
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		return field.Name
	}
	if name == "-" {
		return ""
	}
	return name
}

func defaultOf(kind reflect.Type, text string) json.RawMessage {
	if kind.Kind() != reflect.String {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text)
	return quoted
}

func setDefaults(into any) {
	value := reflect.ValueOf(into).Elem()
	if value.Kind() != reflect.Struct {
		return
	}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if text, given := field.Tag.Lookup("default"); given && field.IsExported() {
			json.Unmarshal(defaultOf(field.Type, text), value.Field(i).Addr().Interface())
		}
	}
}

func checkRequired(text []byte, into any) error {
	kind := reflect.TypeOf(into).Elem()
	if kind.Kind() != reflect.Struct {
		return nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	for i := range kind.NumField() {
		field := kind.Field(i)
		if _, there := given[nameOf(field)]; !there && field.Tag.Get("required") == "true" {
			return errors.New("\"" + nameOf(field) + "\" is missing")
		}
	}
	return nil
}
