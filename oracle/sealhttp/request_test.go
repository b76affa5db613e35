package sealhttp

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"ptb":"AQAGBQECAwQFAQDZ","certificate":{"user":"0x1"}}`))
	var known struct {
		Request struct {
			JSON json.RawMessage `json:"json"`
		} `json:"request"`
	}
	raw, err := os.ReadFile("../../sdk/seal/testdata/known_answers.json")
	if err == nil {
		err = json.Unmarshal(raw, &known)
	}
	if err != nil {
		f.Fatal(err)
	}
	if _, ref := ParseRequest(known.Request.JSON); ref != nil {
		f.Fatalf("the known request is refused: %v", ref)
	}
	f.Add([]byte(known.Request.JSON))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ref := ParseRequest(b)
		if (r == nil) == (ref == nil) {
			t.Fatal("neither or both of request and refusal")
		}
		if r == nil {
			return
		}
		again, err := json.Marshal(r.FetchKeyRequest)
		if err != nil {
			t.Fatal(err)
		}
		if same, ref := ParseRequest(again); ref != nil || !reflect.DeepEqual(same, r) {
			t.Errorf("%s is written as %s, which reads as %+v, %v", b, again, same, ref)
		}
	})
}
