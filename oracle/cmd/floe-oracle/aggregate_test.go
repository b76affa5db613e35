package main

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/aggregate"
)

// A node that can't be reached is no reason not to start: the aggregator says
// that it is not ready, and ends well.
func TestAggregateWithoutNode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aggregator.yaml")
	os.WriteFile(path, []byte("key_server_object_id: 0x5\nnode_url: http://127.0.0.1:1\nrpc_config: {retry_config: {max_retries: 1}}\n"+
		"listen: 127.0.0.1:0\nmetrics_listen: none\ndrain_delay: 0s\n"), 0o600)
	log := &logged{out: t.Output()}
	a := backgroundTo(t, log, "aggregate", "--config", path)
	url := a.line()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); log.count("a changed configuration takes a restart") == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not notice SIGHUP")
		}
	}
	for path, want := range map[string]int{"/health": 200, "/ready": 503, "/v1/service": 400} {
		res, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: HTTP %d, want %d", path, res.StatusCode, want)
		}
	}
	a.stop()
}

func TestAggregateConfig(t *testing.T) {
	t.Setenv("BOB_KEY", "from the environment")
	c := new(aggregateConfig)
	if err := c.parse([]byte(`
key_server_object_id: 0x5
network: Testnet
ts_sdk_version_requirement: '>=1.0.0'
key_server_version_requirement: '>=0.6.10'
key_server_timeout_secs: 5
refresh_interval: 1m
api_credentials:
  alice: {api_key_name: X-Key, api_key: in the file}
  bob: {api_key_name: X-Key, api_key_env: BOB_KEY}
`)); err != nil {
		t.Fatal(err)
	}
	got := c.aggregator()
	if want := map[string]aggregate.Credential{"alice": {Name: "X-Key", Key: "in the file"}, "bob": {Name: "X-Key", Key: "from the environment"}}; !reflect.DeepEqual(got.Credentials, want) {
		t.Errorf("credentials of %d members", len(got.Credentials))
	}
	if got.Timeout != 5*time.Second || got.Refresh != time.Minute || !got.KeyServers.Met("0.6.10") || got.KeyServers.Met("0.6.9") || !got.SDK.Only ||
		got.SDK.Of["typescript"].Met("0.10.0") || !got.SDK.Of["rust"].Met("0.1.0") || c.Listen != "0.0.0.0:2024" || !strings.HasPrefix(c.NodeURL, "https://fullnode.testnet") {
		t.Errorf("%+v", got.SDK)
	}
	if aggregate.DefaultSDK.Of["typescript"].Met("0.9.0") || !aggregate.DefaultSDK.Of["typescript"].Met("0.10.0") {
		t.Error("the configuration changed the default")
	}
}

// Every key of the file is explained in the help of aggregate.
func TestAggregateKeysAreDocumented(t *testing.T) {
	for _, f := range yamlFields(reflect.TypeFor[aggregateConfig]()) {
		if f.Tag.Get("doc") == "" || !strings.Contains(newAggregate().Long, "\n  "+f.key+": ") {
			t.Errorf("%s has no doc tag, or aggregate --help does not name it", f.key)
		}
	}
}

// However an API key is misplaced, the error does not show it.
func TestAggregateHidesKeys(t *testing.T) {
	for _, text := range []string{
		"api_credentials: {a: secret5e}", "api_credentials: secret5e", "api_credentials: [secret5e]", "api_credentials: {a: [secret5e]}",
		"api_credentials: {a: {api_key: {x: secret5e}}}", "api_credentials: {a: {api_key: [secret5e]}}", "api_credentials: {a: {api_key: secret5e}}",
		"api_credentials: {a: {api_key_name: X, api_key: secret5e, other: 1}}",
	} {
		if err := new(aggregateConfig).parse([]byte(text)); err == nil || strings.Contains(err.Error(), "secret5e") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzAggregateConfig(f *testing.F) {
	f.Add("key_server_object_id: 0x5\nnetwork: Testnet\napi_credentials: {a: {api_key_name: X, api_key: k}}\n")
	f.Add("listen: &x [*x]")
	f.Fuzz(func(t *testing.T, text string) {
		if c := new(aggregateConfig); c.parse([]byte(text)) == nil && c.KeyServerObjectID.IsZero() {
			t.Error("a configuration without committee is accepted")
		}
	})
}
