package sealhttp

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// What a request may cost is bounded before anything is done for it.
func TestParseRequestBounds(t *testing.T) {
	named := func(module, function string, ids ...[]byte) []byte {
		b := sui.NewBuilder()
		for _, id := range ids {
			b.Call(sui.Address{1}, module, function, nil, b.Pure(id))
		}
		program := b.Programmable()
		body, err := json.Marshal(seal.FetchKeyRequest{PTB: bcs.Marshal(&program), EncKey: make([]byte, 48), VerificationKey: make([]byte, 96),
			RequestSignature: make([]byte, 64), Certificate: seal.Certificate{SessionKey: make([]byte, 32), Signature: []byte{1}}})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	request := func(ids ...[]byte) []byte { return named("m", "seal_approve", ids...) }
	long := strings.Repeat("x", maxName)
	objects := func(n int) []byte {
		b := sui.NewBuilder()
		id := b.Pure([]byte("id"))
		for i := range n {
			b.Call(sui.Address{1}, "m", "seal_approve", nil, id, b.SharedObject(sui.Address{2, byte(i), byte(i >> 8)}, 1, false))
		}
		program := b.Programmable()
		for i := range n { // inputs that no call takes
			program.Inputs = append(program.Inputs, sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sui.Address{3, byte(i), byte(i >> 8)}}, SharedVersion: 1})
		}
		body := request([]byte("id"))
		var r seal.FetchKeyRequest
		json.Unmarshal(body, &r)
		program.Commands = program.Commands[:1]
		r.PTB = bcs.Marshal(&program)
		body, _ = json.Marshal(r)
		return body
	}
	id := make([]byte, maxIdentities/2)
	for _, c := range []struct {
		name string
		body []byte
		want string
	}{
		{"long identities", request(id, id), ""},
		{"longer identities", request(id, append(id, 1)), "identities_too_long"},
		{"a long name", named(long, "seal_approve", []byte("id")), ""},
		{"a longer name", named(long+"x", "seal_approve", []byte("id")), "invalid_ptb"},
		{"a long function", named("m", "seal_approve"+long, []byte("id")), "invalid_ptb"},
		{"a name that can't be", named("m", "seal_approve\n", []byte("id")), "invalid_ptb"},
		{"many inputs", objects((maxInputs - 1) / 2), ""},
		{"more inputs", objects(maxInputs/2 + 1), "too_many_inputs"},
	} {
		got := ""
		if _, ref := ParseRequest(c.body, ""); ref != nil {
			got = "?"
			if ref.Reason != nil {
				got = ref.Reason.Code
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	deep := func(n int) []byte {
		return []byte(`{"more":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "," + string(request([]byte("id"))[1:]))
	}
	for n, want := range map[int]bool{2: true, maxNesting: true, maxNesting + 1: false, 80_000: false} {
		if _, ref := ParseRequest(deep(n), ""); (ref == nil) != want {
			t.Errorf("%d deep: %v", n, ref)
		}
	}
	if _, ref := ParseRequest([]byte(`{"more":"\\\"[[[[[[[[[[[[[[[[",`+string(request([]byte("id"))[1:])), ""); ref != nil {
		t.Errorf("brackets in a text: %v", ref.Message)
	}
	body := bytes.Replace(request([]byte("id")), []byte(`"signature":"AQ=="`), []byte(`"signature":""`), 1)
	if _, ref := ParseRequest(body, ""); ref == nil || ref.Status != 422 {
		t.Errorf("neither signature nor token: %v", ref)
	}
	if r, ref := ParseRequest(body, "t"); ref != nil || r.Token != "t" {
		t.Errorf("a token: %v", ref)
	}
	if r, ref := ParseRequest(request([]byte("id")), "t"); ref != nil || r.Token != "" {
		t.Errorf("a token beside a signature: %v", ref)
	}
}

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
	if _, ref := ParseRequest(known.Request.JSON, ""); ref != nil {
		f.Fatalf("the known request is refused: %v", ref)
	}
	f.Add([]byte(known.Request.JSON))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ref := ParseRequest(b, "token")
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
		if same, ref := ParseRequest(again, "token"); ref != nil || !reflect.DeepEqual(same, r) {
			t.Errorf("%s is written as %s, which reads as %+v, %v", b, again, same, ref)
		}
	})
}
