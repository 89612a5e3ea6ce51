package midimon

import (
	"encoding/json"
	"testing"
)

type sample struct {
	Who   string   `json:"who" default:"world" description:"Whom" minLength:"1"`
	Times uint8    `json:"times" required:"true" maximum:"10"`
	Tags  []string `json:"tags"`
	Kind  string   `json:"kind" enum:"a,b" default:"a"`
	inner int
}

func TestSchemaIsMadeOfTheTags(t *testing.T) {
	text, _ := json.Marshal(schemaOf(sample{}))
	want := `{"additionalProperties":false,"properties":{` +
		`"kind":{"default":"a","enum":["a","b"],"type":"string"},` +
		`"tags":{"items":{"type":"string"},"type":"array"},` +
		`"times":{"maximum":10,"minimum":0,"type":"integer"},` +
		`"who":{"default":"world","description":"Whom","minLength":1,"type":"string"}},` +
		`"required":["times"],"type":"object"}`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
}

func TestDefaultsAreSetAndWhatIsRequiredIsMissed(t *testing.T) {
	var into sample
	setDefaults(&into)
	if into.Who != "world" || into.Kind != "a" {
		t.Errorf("got %+v", into)
	}
	if checkRequired([]byte(`{}`), &into) == nil || checkRequired([]byte(`{"times":1}`), &into) != nil {
		t.Error("times is required")
	}
}
