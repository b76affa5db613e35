package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// ours are the keys that Seal's configuration has not.
const ours = "key_dir: keys\njournal_dir: receipts\n"

func readText(t *testing.T, text string) (*config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "oracle.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readConfig(path)
}

func mustRead(t *testing.T, text string) *config {
	t.Helper()
	c, err := readText(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// id is an address that ends with a byte.
func id(b byte) (a sui.Address) { a[31] = b; return a }

// An operator's file of Seal's key server is read as Seal reads it. Names,
// tags and defaults are from the configuration that Seal ships.
func TestSealConfig(t *testing.T) {
	c := mustRead(t, ours+`
network: Testnet
node_url: https://fullnode.testnet.sui.io:443
server_mode: !Open
  key_server_object_id: '0x0000000000000000000000000000000000000000000000000000000000000005'
metrics_host_port: 9185
rgp_update_interval: '61s'
allowed_staleness: '3m'
session_key_ttl_max: '20m'
enable_event_monitoring: false
rpc_config:
  timeout: 7s
  retry_config: {max_retries: 3, min_delay: 100ms, max_delay: 10s}
`)
	if c.ServerMode.Open.KeyServerObjectID != id(5) || c.ServerMode.String() != "open" {
		t.Errorf("mode %+v", c.ServerMode)
	}
	if c.NodeURL != "https://fullnode.testnet.sui.io:443" || c.GasPriceLife != 61*time.Second || c.AllowedStaleness != 3*time.Minute ||
		c.SessionKeyTTLMax != 20*time.Minute || c.EvaluationTimeout != 7*time.Second || c.MetricsListen != "0.0.0.0:9185" {
		t.Errorf("%+v", c)
	}
	if want, _ := sui.ParseAddress("0xdccbeb87767be2b2346af5575eb139807205e4c23ec53dc616f951fe1d814112"); c.KeyServerPackage != want {
		t.Errorf("staleness package %s", c.KeyServerPackage)
	}

	c = mustRead(t, ours+"network: !Devnet\n  seal_package: '0x7'\nnode_url: http://127.0.0.1:1\nkey_server_object_id: 0x5\n")
	if c.KeyServerPackage != id(7) || c.ServerMode.Open.KeyServerObjectID != id(5) || c.Network.Name != "Devnet" {
		t.Errorf("%+v", c)
	}
	c = mustRead(t, ours+"network: Mainnet\nkey_server_object_id: 0x5\n")
	if c.NodeURL != "https://fullnode.mainnet.sui.io:443" || c.EvaluationTimeout != 0 {
		t.Errorf("%+v", c)
	}
}

func TestPermissionedConfig(t *testing.T) {
	c := mustRead(t, ours+"network: Testnet\n"+clients(`
    - name: "alice"
      client_master_key: !Derived
        derivation_index: 0
      key_server_object_id: "0xa1"
      package_ids:
        - "0x11"
    - name: "bob"
      client_master_key: !Imported
        env_var: "BOB_BLS_KEY"
      key_server_object_id: "0xb1"
      package_ids: ["0x21", "0x22"]
    - name: "carol"
      client_master_key: !Exported
        deprecated_derivation_index: 1
      key_server_object_id: "0xc1"
      package_ids: ["0x31"]
    - name: "dave"
      client_master_key: !Imported {file: dave.key}
      key_server_object_id: "0xd1"
      package_ids: ["0x41"]
`))
	m := c.ServerMode.Permissioned
	if len(m.Clients) != 4 || *m.Clients[0].Key.Derived.Index != 0 || m.Clients[1].Key.Imported.EnvVar != "BOB_BLS_KEY" ||
		*m.Clients[2].Key.Exported.Index != 1 || m.Clients[1].Packages[1] != id(0x22) || m.nextIndex() != 2 {
		t.Errorf("%+v", m)
	}
	if want := filepath.Join(filepath.Dir(c.path), "dave.key"); m.Clients[3].Key.Imported.File != want {
		t.Errorf("imported file %s, want %s", m.Clients[3].Key.Imported.File, want)
	}
}

func clients(list string) string { return "server_mode: !Permissioned\n  client_configs:\n" + list }

func TestCommitteeConfig(t *testing.T) {
	for state, want := range map[string]committeeState{
		"Active": {Active: true}, "!Active": {Active: true},
		"!Rotation\n    target_version: 5": {Rotation: &rotation{Target: new(uint32(5))}},
		"!Rotation {target_version: 0x5}":  {Rotation: &rotation{Target: new(uint32(5))}},
	} {
		c := mustRead(t, ours+"network: Mainnet\nserver_mode: !Committee\n  member_address: '0x12'\n  key_server_obj_id: '0xab'\n  committee_state: "+state+
			"\nmaster_shares: {4: {file: v4}, 5: {env: X}}\n")
		m := c.ServerMode.Committee
		if m.Member != id(0x12) || m.ObjectID != id(0xab) || !reflect.DeepEqual(m.State, want) {
			t.Errorf("%s: %+v", state, m)
		}
		if c.MasterShares[4].File != filepath.Join(filepath.Dir(c.path), "v4") || c.MasterShares[5].Env != "X" {
			t.Errorf("shares %+v", c.MasterShares)
		}
	}
}

// What is wrong is refused, with its line and key and what to do.
func TestConfigRefuses(t *testing.T) {
	good := ours + "network: Testnet\nkey_server_object_id: 0x5\n"
	mustRead(t, good)
	open := ours + "network: Testnet\n"
	alice := "    - {name: alice, client_master_key: !Derived {derivation_index: 0}, key_server_object_id: 0xa1, package_ids: [0x11]}\n"
	bob := func(key, object, pkg string) string {
		return fmt.Sprintf("    - {name: bob, client_master_key: %s, key_server_object_id: %s, package_ids: [%s]}\n", key, object, pkg)
	}
	derived := "!Derived {derivation_index: 1}"
	for _, c := range []struct{ text, want string }{
		{good + "colour: red\n", "line 5: field colour not found"},
		{good + "rpc_config: {retry_config: {retries: 1}}\n", "field retries not found"},
		{good + "master_key: {files: x}\n", "field files not found"},
		{good + "key_dir: again\n", "key_dir"},
		{good + "allowed_staleness: soon\n", "allowed_staleness"},
		{good + "max_concurrent: many\n", "max_concurrent"},
		{good + "master_key: {file: a, env: B}\n", "master_key: give one of file, env and command"},
		{good + "master_shares: {1: {file: a, env: B}}\n", "master_shares: 1: give one of"},
		{good + "age_identity: {command: ['']}\n", "age_identity: give one of"},
		{good + "metrics_push_config: {push_url: http://x}\n", "metrics_push_config is not supported"},
		{good + "enable_event_monitoring: true\n", "enable_event_monitoring is not supported"},
		{good + "evaluation_timeout: 1s\nrpc_config: {timeout: 1s}\n", "leave one of them out"},
		{good + "rpc_config: {retry_config: {max_retries: 0}}\n", "max_retries must be 1 or more"},
		{good + "mvr_registry: {table: 0x1}\n", "table and core_package belong together"},
		{ours + "key_server_object_id: 0x5\nkey_server_package: 0x5\nnode_url: http://x\nmvr_registry: {node_url: http://y}\n", "network_id is missing"},
		{good + "server_mode: !Open {key_server_object_id: 0x5}\n", "stands beside server_mode"},
		{ours + "key_server_object_id: 0x5\nnode_url: http://x\n", "key_server_package is missing"},
		{ours + "key_server_object_id: 0x5\nkey_server_package: 0x5\n", "node_url is missing"},
		{ours + "key_server_object_id: hello\nnetwork: Testnet\n", "line 3: key_server_object_id: "},
		{ours + "key_server_object_id: 0x5\nnetwork: Mars\n", `network is Testnet, Mainnet or !Devnet {seal_package: ID}, got "Mars"`},
		{ours + "key_server_object_id: 0x5\nnetwork: !Devnet {}\n", "seal_package is missing"},
		{"network: Testnet\nkey_server_object_id: 0x5\n", "key_dir is missing"},
		{open, "key_server_object_id is missing"},
		{open + "server_mode: !Open {}\n", "key_server_object_id is missing"},
		{open + "server_mode: !Closed {}\n", "server_mode is one of !Committee, !Open, !Permissioned"},
		{open + "server_mode: Open\n", "server_mode is one of"},
		{open + "server_mode: !Open {id: 0x5}\n", "field id not found"},

		{open + clients("    []\n"), "client_configs is empty"},
		{open + clients(alice+bob(derived, "0xa1", "0x21")), `client "bob": id 0x00000000000000000000000000000000000000000000000000000000000000a1 is that of client "alice" too`},
		{open + clients(alice+bob(derived, "0xb1", "0x11")), "0000011 is that of client"},
		{open + clients(alice+bob(derived, "0xb1", "0xa1")), "00000a1 is that of client"},
		{open + clients(alice+bob("!Derived {derivation_index: 0}", "0xb1", "0x21")), "derivation index 0 is that of client"},
		{open + clients(alice+bob("!Exported {deprecated_derivation_index: 0}", "0xb1", "0x21")), "derivation index 0 is that of client"},
		{open + clients(alice+bob("!Derived {derivation_index: 2}", "0xb1", "0x21")), "derivation index 1 is missing"},
		{open + clients(alice+strings.Replace(bob(derived, "0xb1", "0x21"), "bob", "alice", 1)), "name alice is that of client"},
		{open + clients(alice+bob(derived, "0xb1", "")), "package_ids is empty"},
		{open + clients(alice+bob("!Derived {}", "0xb1", "0x21")), "derivation_index is missing"},
		{open + clients(alice+bob("!Imported {}", "0xb1", "0x21")), "env_var is missing"},
		{open + clients(alice+bob("!Imported {env_var: X, file: y}", "0xb1", "0x21")), "give one of file, env and command"},
		{open + clients(alice+bob("!Lent {}", "0xb1", "0x21")), "client_master_key is one of !Derived, !Exported, !Imported"},
		{open + clients(strings.Replace(alice, "alice", "'al ice'", 1)), "cannot be part of an address"},
		{open + clients(strings.Replace(alice, "alice", "v1", 1)), "a path of the server's own"},
		{open + clients(bob("!Imported {env_var: X}", "0xb1", "0x21")+strings.Replace(bob("!Imported {env_var: X}", "0xc1", "0x31"), "bob", "carol", 1)),
			"key environment variable X is that of client"},

		{open + "server_mode: !Committee {key_server_obj_id: 0x5, committee_state: Active}\n", "member_address is missing"},
		{open + "server_mode: !Committee {member_address: 0x5, committee_state: Active}\n", "key_server_obj_id is missing"},
		{open + "server_mode: !Committee {member_address: 0x5, key_server_obj_id: 0x6}\n", "committee_state is missing"},
		{open + "server_mode: !Committee {member_address: 0x5, key_server_obj_id: 0x6, committee_state: !Rotation {}}\n", "target_version is missing"},
		{open + "server_mode: !Committee {member_address: 0x5, key_server_obj_id: 0x6, committee_state: !Asleep {}}\n", "committee_state is one of"},
	} {
		if _, err := readText(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n-> %v\nwant %q", c.text, err, c.want)
		}
	}
}

func TestNodeFromEnvironment(t *testing.T) {
	t.Setenv("NODE_URL", "http://node:1")
	t.Setenv("PORT", "4711")
	c := mustRead(t, ours+"network: Testnet\nkey_server_object_id: 0x5\n")
	if c.NodeURL != "http://node:1" || c.Listen != "0.0.0.0:4711" {
		t.Errorf("node %s, listen %s", c.NodeURL, c.Listen)
	}
	if _, err := readText(t, ours+"network: Testnet\nkey_server_object_id: 0x5\nnode_url: http://x\n"); err == nil || !strings.Contains(err.Error(), "NODE_URL are both set") {
		t.Error(err)
	}
}

// Which registry names are looked up in.
func TestNamesConfig(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"network: Mainnet\n", true}, {"network: Testnet\n", true},
		{"network: !Devnet {seal_package: 0x7}\nnode_url: http://127.0.0.1:1\n", false},
		{"network: !Devnet {seal_package: 0x7}\nnode_url: http://127.0.0.1:1\nmvr_registry: {table: 0x8, core_package: 0x9}\n", true},
	} {
		r, stop, err := mustRead(t, ours+"key_server_object_id: 0x5\n"+c.text).names(t.Context(), nil)
		if err != nil || (r != nil) != c.want {
			t.Errorf("%s: %v, %v", c.text, r, err)
		}
		stop()
	}
}

// Every key of the file is explained in the help of serve.
func TestKeysAreDocumented(t *testing.T) {
	for _, f := range yamlFields(reflect.TypeFor[config]()) {
		if f.Tag.Get("doc") == "" {
			t.Errorf("%s has no doc tag", f.key)
		}
		if !strings.Contains(newServe().Long, "\n  "+f.key+": ") {
			t.Errorf("serve --help does not name %s", f.key)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(ours + "network: Testnet\nkey_server_object_id: 0x5\n")
	f.Add(ours + "network: !Devnet {seal_package: 0x7}\nserver_mode: !Committee {committee_state: !Rotation {target_version: 1}}\n")
	f.Add(clients("    - {name: alice, client_master_key: !Derived {derivation_index: 0}}\n"))
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, text string) {
		c := new(config)
		if c.parse([]byte(text)) == nil && c.KeyDir == "" {
			t.Error("a configuration without keys is accepted")
		}
	})
}
