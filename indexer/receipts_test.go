package indexer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// logged waits until the n-th receipt of a server is in the index.
func (r *running) logged(k *keyServer, n int) {
	r.t.Helper()
	until(r.t, fmt.Sprintf("receipt %d is indexed", n), func() bool {
		return strings.Join(r.rows(`SELECT seq FROM receipt_watermark WHERE key_server_id = $1`, k.id.String()), "") == fmt.Sprint(n)
	})
}

func TestReadsReceipts(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x81))
	first := k.decide(false, id(0x61))
	second := k.decide(true, id(0x61))
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(k.id, k.srv.URL))))
	r.logged(k, 2)
	r.want(`SELECT seq, extract(epoch from decided_at)::text, decision, reason, rule, policy_id, package_id, checkpoint, verified, problem, previous, hash FROM key_decision ORDER BY seq`,
		"1 | 1800000000.000000 | refuse | no_access | the sender is neither the owner nor a member | "+addr0+"61 | "+addr0+"d3 | 4 | true | <nil> | <nil> | "+first.Hash.String(),
		"2 | 1800000000.001000 | release | <nil> | <nil> | "+addr0+"61 | "+addr0+"d3 | 4 | true | <nil> | "+first.Hash.String()+" | "+second.Hash.String())
	r.want(`SELECT seq, policy_id, policy_seq, previous FROM key_decision_policy ORDER BY seq`,
		"1 | "+addr0+"61 | 1 | <nil>", "2 | "+addr0+"61 | 2 | "+first.Hash.String())

	// More than a page, and a new signing key.
	k.rotate(2)
	for range receiptPage + 10 {
		k.decide(true, id(0x61))
	}
	r.logged(k, receiptPage+12)
	r.want(`SELECT count(*), count(*) FILTER (WHERE verified), count(DISTINCT kid) FROM key_decision`, fmt.Sprintf("%d | %d | 2", receiptPage+12, receiptPage+12))

	// A restart reads nothing twice.
	_ = r.stop()
	again := indexInto(t, node, r.db, r.cfg.Schema)
	k.decide(false, id(0x61))
	again.logged(k, receiptPage+13)
}

func TestReceiptsThatDoNotVerify(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x81))
	for range 6 {
		k.decide(true, id(0x61))
	}
	head, payload, _ := cut3(k.log[1])
	k.log[1] = head + "." + payload + "." + strings.Repeat("A", 86) // no signature
	k.log[3] = "nonsense\x00"
	other := newKeyServer(t, id(0x82)) // signed well, by another server
	k.log[5] = other.decide(true, id(0x61)).Raw
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(k.id, k.srv.URL))))
	r.logged(k, 6)
	got := r.rows(`SELECT seq, decision, verified, coalesce(problem, '') FROM key_decision ORDER BY seq`)
	want := []string{"1 | release | true | ", "2 | release | false | ", "3 | release | false | receipt names another receipt before it", "4 | unreadable | false | ",
		"5 | release | false | receipt names another receipt before it", "6 | release | false | "}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("row %q, want %q…", got[i], want[i])
		}
	}
}

func cut3(jwt string) (a, b, c string) {
	parts := strings.SplitN(jwt, ".", 3)
	return parts[0], parts[1], parts[2]
}

func TestKeyServerDownHoldsUpNobody(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	up, down := newKeyServer(t, id(0x81)), newKeyServer(t, id(0x82))
	down.setDown(true)
	up.decide(true, id(0x61))
	down.decide(true, id(0x61))
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(up.id, up.srv.URL), keyServerRegistered(down.id, down.srv.URL),
		keyServerRegistered(id(0x83), "ftp://nowhere"), keyServerRegistered(id(0x84), ""))))
	r.logged(up, 1)
	var status Status
	until(t, "status tells who is down", func() bool {
		r.get("/v1/status", 200, &status)
		return len(status.KeyServers) == 4 && status.KeyServers[0].LastOK != nil && status.KeyServers[0].Error == "" &&
			strings.Contains(status.KeyServers[1].Error, "503") && strings.Contains(status.KeyServers[2].Error, "usable URL") &&
			status.KeyServers[3].Error == "" && status.KeyServers[3].LastOK == nil // a committee: it is not asked
	})
	r.reached(node.Append(2, tx(datasetCreated(id(1), "meanwhile"))))
	down.setDown(false)
	r.logged(down, 1)
}

func TestReadsOnlyNamedKeyServers(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	named, other := newKeyServer(t, id(0x81)), newKeyServer(t, id(0x82))
	named.decide(true, id(0x61))
	other.decide(true, id(0x61))
	r := index(t, node, func(c *Config) {
		c.KeyServers, c.FollowRegistered, c.AllowPrivateURLs = []sui.Address{named.id}, false, false
	})
	r.reached(node.Append(1, tx(keyServerRegistered(other.id, other.srv.URL), keyServerRegistered(named.id, named.srv.URL))))
	r.logged(named, 1)
	named.decide(true, id(0x61))
	r.logged(named, 2)
	r.want(`SELECT DISTINCT key_server_id FROM key_decision`, named.id.String())
}

// A committee has no address of its own, and is not asked for receipts.
func TestAsksNoCommittee(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x82))
	k.decide(true, id(0x61))
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(id(0x81), ""), keyServerRegistered(k.id, k.srv.URL))))
	for range 2 {
		r.logged(k, len(k.log))
		k.decide(true, id(0x61))
	}
	r.logged(k, len(k.log))
	var status Status
	r.get("/v1/status", 200, &status)
	if c := status.KeyServers[0]; c.ID != id(0x81).String() || c.Error != "" || c.LastOK != nil {
		t.Errorf("the committee was asked: %+v", c)
	}
}

// Who registers on chain can't have the indexer ask its own network.
func TestAsksNoPrivateAddressFromTheChain(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x81)) // on 127.0.0.1
	k.decide(true, id(0x61))
	quiet := index(t, node, func(c *Config) { c.FollowRegistered, c.AllowPrivateURLs = false, false })
	r := index(t, node, func(c *Config) { c.AllowPrivateURLs = false })
	last := node.Append(1, tx(keyServerRegistered(k.id, k.srv.URL), keyServerRegistered(id(0x82), strings.Replace(k.srv.URL, "127.0.0.1", "localhost", 1))))
	quiet.reached(last)
	var status Status
	r.reached(last)
	until(t, "both are refused", func() bool {
		r.get("/v1/status", 200, &status)
		return len(status.KeyServers) == 2 && strings.Contains(status.KeyServers[0].Error, "private") && strings.Contains(status.KeyServers[1].Error, "private")
	})
	r.want(`SELECT count(*) FROM key_decision`, "0")
	status = Status{}
	quiet.get("/v1/status", 200, &status)
	if status.KeyServers[0].Error != "" || status.KeyServers[0].LastOK != nil {
		t.Errorf("a key server that nobody named was asked: %+v", status.KeyServers[0])
	}
}

func TestCheckPublic(t *testing.T) {
	for address, public := range map[string]bool{
		"93.184.215.14:443": true, "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443": true, "8.8.8.8:80": true,
		"127.0.0.1:80": false, "10.1.2.3:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false, "169.254.169.254:80": false,
		"100.64.1.1:80": false, "0.0.0.0:80": false, "0.1.2.3:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "198.18.0.1:80": false,
		"[::1]:80": false, "[::]:80": false, "[fd00::1]:80": false, "[fe80::1%eth0]:80": false, "[::ffff:127.0.0.1]:80": false,
		"[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "nonsense": false,
	} {
		if err := checkPublic(address); (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A log that forgot its past is told apart from one that goes on.
func TestReceiptsMissingFromLog(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x81))
	var list []map[string]any
	for i := range 3 {
		list = append(list, map[string]any{"seq": i + 1, "jwt": k.decide(true, id(0x61)).Raw})
	}
	gap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/jwks.json":
			k.jwks(w, r)
			return
		case "/checkpoint":
			k.checkpoint(w, r)
			return
		}
		out := list[:1:1]
		out = append(out, list[2])
		if r.URL.Query().Get("after") != "0" {
			out = nil
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"receipts": out})
	}))
	defer gap.Close()
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(k.id, gap.URL))))
	r.logged(k, 3)
	r.want(`SELECT seq, verified, problem FROM key_decision ORDER BY seq`, "1 | true | <nil>", "3 | false | receipts 2 to 2 are missing from the log")
	_ = r.stop()
}

// A receipt can't fill the index with policies that nobody asked about.
func TestReceiptOfTooManyPolicies(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x81))
	var policies []sui.Address
	for i := range 101 {
		policies = append(policies, id(byte(i)))
	}
	k.decideAll(true, policies[:100])
	k.decideAll(true, policies)
	k.decide(true, id(0))
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(k.id, k.srv.URL))))
	r.logged(k, 3)
	r.want(`SELECT seq, verified, problem FROM key_decision ORDER BY seq`, "1 | true | <nil>", "2 | false | receipt names 101 policies; no request has more than 100",
		"3 | false | receipt is number 3 of policy "+addr0+"00, the one before was number 1")
	r.want(`SELECT seq, count(*) FROM key_decision_policy GROUP BY seq ORDER BY seq`, "1 | 100", "3 | 1")
}
