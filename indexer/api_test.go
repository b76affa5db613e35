package indexer

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	last := story(t, node)
	r := index(t, node)
	r.reached(last)
	var got Status
	r.get("/v1/status", 200, &got)
	if !got.Indexing || got.Error != "" || got.Watermark.Checkpoint != int64(last) || *got.Tip != last || *got.LagCheckpoints != 0 || *got.LagMS <= 0 {
		t.Errorf("status is %+v", got)
	}
	if len(got.Packages) != 4 || len(got.KeyServers) != 1 || got.KeyServers[0].URL != "https://moved.example" {
		t.Errorf("packages %v, key servers %+v", got.Packages, got.KeyServers)
	}
	for table, n := range map[string]int64{"event": 11, "dataset": 1, "dataset_blob": 2, "policy_grant": 2, "key_decision": 0, "checkpoint": 5} {
		if got.Rows[table] != n {
			t.Errorf("%s has %d rows, want %d", table, got.Rows[table], n)
		}
	}
}

func TestDatasetPages(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	r := index(t, node)
	var want []string
	for i := range 7 {
		a, b := datasetCreated(id(byte(2*i+1)), fmt.Sprint("a", i)), datasetCreated(id(byte(2*i+2)), fmt.Sprint("b", i))
		r.reached(node.Append(uint64(i), tx(a, b)))
		want = append([]string{fmt.Sprint("b", i), fmt.Sprint("a", i)}, want...)
	}
	var got []string
	path := "/v1/datasets?limit=3"
	for pages := 0; ; pages++ {
		var page struct {
			Datasets []Dataset `json:"datasets"`
			Next     string    `json:"next"`
		}
		r.get(path, 200, &page)
		for _, d := range page.Datasets {
			got = append(got, d.Name)
		}
		if page.Next == "" {
			if pages != 4 {
				t.Errorf("%d pages before the last, want 4", pages)
			}
			break
		}
		path = "/v1/datasets?limit=3&cursor=" + page.Next
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages give %v, want %v", got, want)
	}
}

func TestDatasetDetails(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	story(t, node)
	k := newKeyServer(t, id(0x91))
	k.decide(false, id(0x61))
	k.decide(true, id(0x61))
	k.decide(true, id(0x62)) // another policy
	r := index(t, node)
	r.reached(node.Append(9_000, tx(keyServerRegistered(k.id, k.srv.URL))))
	r.logged(k, 3)
	var got DatasetDetails
	r.get("/v1/datasets/"+addr0+"71", 200, &got)
	if got.Name != "iris" || got.Owner != addr0+"0a" || got.Dataset.Versions != 1 || *got.LatestNumber != 2 {
		t.Errorf("dataset is %+v", got.Dataset)
	}
	if len(got.Releases) != 1 || got.Releases[0].ManifestDigest != digest || len(got.Releases[0].Blobs) != 2 {
		t.Fatalf("versions are %+v", got.Releases)
	}
	if b := got.Releases[0].Blobs; b[0].ID != blobABC || *b[0].Size != "1000" || *b[0].CertifiedEpoch != 6 || *b[0].Weight != 67 || b[1].ID != blobDEF || b[1].Size != nil {
		t.Errorf("blobs are %+v", b)
	}
	if len(got.Policies) != 1 || *got.Policies[0].NotBeforeMS != "1798761600000" || got.Policies[0].NotAfterMS != nil || len(got.Policies[0].Grants) != 2 {
		t.Fatalf("policies are %+v", got.Policies)
	}
	if g := got.Policies[0].Grants; *g[0].RevokedCheckpoint != 5 || g[1].Revoked != nil || g[1].Member != addr0+"0b" {
		t.Errorf("grants are %+v", g)
	}
	if d := got.Decisions; len(d) != 2 || d[0].Decision != "release" || d[1].Decision != "refuse" || *d[1].Reason != "no_access" || !d[1].Verified || d[1].KeyServerName != "ks" {
		t.Errorf("decisions are %+v", d)
	}
	r.get("/v1/datasets/0x71", 200, nil) // the short form of the id
}

func TestAPIRefusals(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	r := index(t, node)
	r.reached(story(t, node))
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/v1/datasets/0x99":                           {404, "not in the index"},
		"/v1/datasets/iris":                           {422, "dataset id"},
		"/v1/datasets/" + strings.Repeat("a", 100000): {422, "length"},
		"/v1/datasets?limit=0":                        {422, "limit"},
		"/v1/datasets?limit=501":                      {422, "limit"},
		"/v1/datasets?cursor=bm9uc2Vuc2U":             {422, "take it from next"},
		"/v1/nothing":                                 {404, ""},
	} {
		w := httptest.NewRecorder()
		r.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("GET %.60s: %d %.200s; want %d and %q", path, w.Code, w.Body, want.status, want.text)
		}
		if kind := w.Header().Get("Content-Type"); want.text != "" && kind != "application/problem+json" {
			t.Errorf("GET %.60s: content type %q", path, kind)
		}
	}
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/v1/datasets", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", w.Code)
	}
	r.get("/healthz", 200, nil)
	r.get("/openapi.json", 200, &map[string]any{})
}

// What is wrong with the database is for the log, not for whoever asks.
func TestErrorsTellNothingOfTheDatabase(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	var log bytes.Buffer
	r := index(t, node, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	r.reached(node.Append(1, tx()))
	_ = r.stop()
	st, err := store.Open(t.Context(), r.db, r.cfg.Schema)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r.mu.Lock()
	r.store = st
	r.mu.Unlock()
	r.rows(`ALTER TABLE dataset RENAME TO mislaid`)
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/v1/datasets", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "relation") || !strings.Contains(w.Body.String(), "its log says why") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "relation") {
		t.Errorf("the log says %s", log.String())
	}
}
