package indexer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParsePage(t *testing.T) {
	for _, c := range []struct {
		name, in, err string
		want          []logEntry
	}{
		{"none", `{"receipts": [], "next": 0}`, "", nil},
		{"two, and what a later version might add", `{"v": {"a": [1]}, "receipts": [{"seq": 1, "jwt": "a", "x": 0}, {"seq": 2, "jwt": "b"}], "next": 2}`, "", []logEntry{{1, "a"}, {2, "b"}}},
		{"no list", `{"next": 0}`, "", nil},
		{"more than were asked for", `{"receipts": [{"seq": 1}, {"seq": 2}, {"seq": 3}]}`, "more than 2", nil},
		{"twice as many, in two lists", `{"receipts": [{"seq": 1}, {"seq": 2}], "receipts": [{"seq": 3}]}`, "more than 2", nil},
		{"numbers", `{"receipts": [0, 0, 0]}`, "cannot unmarshal number", nil},
		{"null", `null`, "<nil> where { should be", nil},
		{"a list", `[]`, "[ where { should be", nil},
		{"an object of receipts", `{"receipts": {}}`, "{ where [ should be", nil},
		{"cut off", `{"receipts": [{"seq": 1, "jwt": "a"}`, "EOF", nil},
		{"negative", `{"receipts": [{"seq": -1}]}`, "cannot unmarshal number -1", nil},
	} {
		got, err := parsePage([]byte(c.in), 2)
		if c.err == "" && (err != nil || !slices.Equal(got, c.want)) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

// FuzzParsePage holds pages against encoding/json.
func FuzzParsePage(f *testing.F) {
	f.Add([]byte(`{"receipts": [{"seq": 1, "jwt": "a"}], "next": 1}`))
	f.Add([]byte(`{"receipts": [{}, {"seq": 18446744073709551615}], "receipts": []}`))
	f.Add([]byte(`{"receipts": [null]}`))
	f.Add([]byte(`{"reCeipts":[{},{"000":0}],"00000000":[]}`)) // found by fuzzing: no list of that name
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := parsePage(in, 3)
		if len(got) > 3 {
			t.Fatalf("%d receipts", len(got))
		}
		if err != nil {
			return
		}
		var want struct {
			Receipts []logEntry `json:"receipts"`
		}
		// There the last of several lists wins, and neither case nor ſ for s matters.
		named := strings.Count(strings.ToLower(strings.ReplaceAll(string(in), "ſ", "s")), `receipts"`)
		plain := named == strings.Count(string(in), `receipts"`) && named <= 1 && !strings.Contains(string(in), `\`)
		if plain && json.Unmarshal(in, &want) == nil && !slices.Equal(got, want.Receipts) {
			t.Errorf("%q gives %v, want %v", in, got, want.Receipts)
		}
	})
}

// A page that is too large is asked for again with fewer receipts, down to one.
func TestLargePages(t *testing.T) {
	var limits []int
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		limits = append(limits, limit)
		fmt.Fprint(w, `{"receipts": [`)
		for i := range limit {
			if i > 0 {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, `{"seq": %d, "jwt": "%s"}`, after+i+1, strings.Repeat("a", 3<<20))
		}
		fmt.Fprint(w, `]}`)
	}))
	defer srv.Close()
	r := &logReader{http: srv.Client(), url: srv.URL, limit: 9}
	got, err := r.page(t.Context(), 5, 100)
	if err != nil || len(got) != 2 || got[1].Sequence != 7 || !slices.Equal(limits, []int{9, 4, 2}) {
		t.Errorf("%d receipts after asking for %v: %v", len(got), limits, err)
	}
	small := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"receipts": []}`) }))
	defer small.Close()
	r.url = small.URL
	for _, want := range []int{4, 8, 16, 32, 64, 128, 256, 500, 500} {
		if _, err := r.page(t.Context(), 0, 100); err != nil || r.limit != want {
			t.Errorf("after a small page %d are asked for, want %d: %v", r.limit, want, err)
		}
	}
	huge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 9 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	}))
	defer huge.Close()
	if _, err := (&logReader{http: huge.Client(), url: huge.URL, limit: 2}).page(t.Context(), 0, 100); !errors.Is(err, errLarge) {
		t.Errorf("one receipt that is too large: %v", err)
	}
}
