package keyserver

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	bobID      = sui.Address{0xb0}
	bobPackage = sui.Address{0xab}
	carolID    = sui.Address{0xca}
	carolPkg   = sui.Address{0xac}
)

// client configures the service of a client, with keys of its own.
func (f *fixture) client(name string, id sui.Address, packages ...sui.Address) ServiceConfig {
	f.t.Helper()
	key, err := seal.DeriveMasterKey(bytes.Repeat([]byte{1}, 32), uint64(id[0]))
	if err != nil {
		f.t.Fatal(err)
	}
	return ServiceConfig{ObjectID: id, Name: name, Packages: packages, Key: FixedKey(key), JournalDir: filepath.Join(f.dir, name),
		ReceiptKey: ed25519.NewKeyFromSeed(bytes.Repeat(id[:1], 32))}
}

// permissioned starts a server for the clients alice, who has pkgID, and bob.
func permissioned(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.services = []ServiceConfig{f.client("alice", serverID, pkgID), f.client("bob", bobID, bobPackage)}
	f.serve()
	return f
}

// publicKey is that of a service's master key.
func publicKey(t *testing.T, c ServiceConfig) seal.PublicKey {
	t.Helper()
	key, err := c.Key.Current()
	if err != nil {
		t.Fatal(err)
	}
	return key.PublicKey()
}

// released posts a request for a package and demands a key that verifies
// under a public key. It returns the receipt.
func (f *fixture) released(path string, pkg sui.Address, public seal.PublicKey) string {
	f.t.Helper()
	req, tk := f.requestFor(pkg, nil)
	status, _, b := f.postTo(path, req)
	var res seal.FetchKeyResponse
	if err := json.Unmarshal(b, &res); status != 200 || err != nil {
		f.t.Fatalf("HTTP %d: %s", status, b)
	}
	c, err := seal.ParseEncryptedUserKey(res.Keys[0].EncryptedKey[0], res.Keys[0].EncryptedKey[1])
	if err != nil {
		f.t.Fatal(err)
	}
	key, err := tk.Open(c)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := key.Verify(seal.FullID(pkg, innerID), public); err != nil {
		f.t.Fatal(err)
	}
	return res.Receipt
}

// status posts a request for a package and returns status and error type.
func (f *fixture) status(path string, pkg sui.Address) (int, string) {
	f.t.Helper()
	req, _ := f.requestFor(pkg, nil)
	status, _, b := f.postTo(path, req)
	var e seal.ErrorResponse
	json.Unmarshal(b, &e)
	return status, e.Type
}

func TestServices(t *testing.T) {
	f := permissioned(t)
	alice, bob := f.server.Services()[0], f.server.Services()[1]
	for path, public := range map[string]seal.PublicKey{"": publicKey(t, f.services[0]), "/alice": publicKey(t, f.services[0])} {
		jwt := f.released(path+"/v1/fetch_key", pkgID, public)
		if _, err := receipt.Verify(jwt, alice.ReceiptKeys(), serverID); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
	jwt := f.released("/v1/fetch_key", bobPackage, publicKey(t, f.services[1]))
	if _, err := receipt.Verify(jwt, bob.ReceiptKeys(), bobID); err != nil {
		t.Error(err)
	}
	if _, err := receipt.Verify(jwt, alice.ReceiptKeys(), bobID); err == nil {
		t.Error("bob's receipt is signed with alice's key")
	}
	if alice.Receipts() != 2 || bob.Receipts() != 1 {
		t.Errorf("alice has %d receipts, bob %d, want 2 and 1", alice.Receipts(), bob.Receipts())
	}
	for _, c := range []struct {
		path string
		pkg  sui.Address
	}{{"", carolPkg}, {"/alice", bobPackage}, {"/bob", pkgID}} {
		if status, typ := f.status(c.path+"/v1/fetch_key", c.pkg); status != 400 || typ != "UnsupportedPackageId" {
			t.Errorf("%q for %s: HTTP %d %s", c.path, c.pkg, status, typ)
		}
	}
	if alice.Receipts() != 2 || bob.Receipts() != 1 || f.eval.queries != 3 {
		t.Errorf("%d, %d receipts, %d evaluations after unsupported packages", alice.Receipts(), bob.Receipts(), f.eval.queries)
	}
}

// A package is served by every one of its versions, under the id of the first.
func TestServiceOfUpgradedPackage(t *testing.T) {
	f := permissioned(t)
	f.eval.first = bobPackage
	if status, typ := f.status("/v1/fetch_key", pkgID); status != 403 || typ != "InvalidSignature" { // signed for the wrong package
		t.Errorf("HTTP %d %s", status, typ)
	}
	f.eval.first = pkgID
	f.eval.pkgErr = errors.New("node down")
	if status, typ := f.status("/v1/fetch_key", pkgID); status != 503 || typ != "Failure" {
		t.Errorf("HTTP %d %s", status, typ)
	}
	if n := f.server.Services()[0].Receipts(); n != 1 {
		t.Errorf("%d receipts, want that of the failure", n)
	}
}

func TestServicePaths(t *testing.T) {
	f := permissioned(t)
	f.released("/bob/v1/fetch_key", bobPackage, publicKey(t, f.services[1]))
	sdk := func(path string) (int, string) {
		req, _ := http.NewRequest("GET", f.server.URL()+path, nil)
		req.Header.Set(seal.HeaderSDKVersion, "1.4.12")
		status, _, b := f.do(req)
		return status, string(b)
	}
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/v1/service?service_id=" + serverID.String(), 200, serverID.String()},
		{"/v1/service?service_id=" + bobID.String(), 200, bobID.String()},
		{"/bob/v1/service?service_id=" + bobID.String(), 200, bobID.String()},
		{"/bob/v1/service?service_id=" + serverID.String(), 400, "InvalidServiceId"},
		{"/v1/service?service_id=" + carolID.String(), 400, "InvalidServiceId"},
		{"/v1/debug/committee_partial_pk", 400, "Unsupported\n"},
		{"/bob/v1/debug/committee_partial_pk", 400, "Unsupported\n"},
		{"/bob/v1/log", 200, receipt.LogOrigin(bobID)},
		{"/alice/v1/log", 200, receipt.LogOrigin(serverID)},
		{"/bob/.well-known/jwks.json", 200, "Ed25519"},
		{"/bob/v1/receipts", 200, `"seq":1`},
		{"/alice/v1/receipts", 200, `"receipts":[]`},
		{"/bob/ready", 200, "true"},
		{"/ready", 200, `"bob"`},
		{"/v1/receipts", 404, "several clients"},
		{"/carol/v1/receipts", 404, "several clients"},
		{"/bob", 404, "several clients"},
		{"/bob/nothing", 404, "not found"},
	} {
		if status, body := sdk(c.path); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: HTTP %d %q, want %d with %q", c.path, status, body, c.status, c.want)
		}
	}
}

// memberKey is a key source that may have none.
type memberKey struct{ key *seal.MasterKey }

func (m *memberKey) Current() (*seal.MasterKey, error) {
	if m.key == nil {
		return nil, &policy.Refusal{Kind: policy.Unknown, Reason: seal.Reason{Code: "share_unavailable", Rule: "there is no share", Remedy: "wait"}}
	}
	return m.key, nil
}

// A committee's member answers with a partial key, proves possession of no key,
// and signs receipts as itself.
func TestMember(t *testing.T) {
	f := newFixture(t)
	member, source := sui.Address{0x3e}, new(memberKey)
	f.services = []ServiceConfig{{ObjectID: serverID, Issuer: member, Key: source, JournalDir: f.dir, ReceiptKey: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))}}
	f.serve()
	get := func(path string) (int, []byte) {
		req, _ := http.NewRequest("GET", f.server.URL()+path, nil)
		req.Header.Set(seal.HeaderSDKVersion, "1.4.12")
		status, _, b := f.do(req)
		return status, b
	}

	// Without a share it starts all the same, refuses, and leaves a receipt.
	req, _ := f.request(nil)
	if e := f.refused(req, 503, "Failure"); e.Reason == nil || e.Reason.Code != "share_unavailable" || e.Receipt == "" {
		t.Errorf("%+v", e)
	}
	for _, path := range []string{"/ready", "/v1/debug/committee_partial_pk"} {
		if status, b := get(path); status != 503 {
			t.Errorf("%s: HTTP %d %s", path, status, b)
		}
	}

	source.key = f.master
	jwt := f.released("/v1/fetch_key", pkgID, f.master.PublicKey())
	if _, err := receipt.Verify(jwt, f.service().ReceiptKeys(), member); err != nil {
		t.Error(err)
	}
	status, b := get("/v1/debug/committee_partial_pk")
	if want, _ := json.Marshal(map[string][]byte{"partial_pk": f.master.PublicKey().Bytes()}); status != 200 || !bytes.Equal(b, want) {
		t.Errorf("partial key: HTTP %d %s", status, b)
	}
	for _, id := range []sui.Address{serverID, member} {
		if status, b := get("/v1/service?service_id=" + id.String()); status != 400 || !strings.Contains(string(b), "InvalidServiceId") {
			t.Errorf("service %s: HTTP %d %s", id, status, b)
		}
	}

	// An answer that was given with the old share cannot be given again.
	req, _ = f.request(nil)
	if status, _, b := f.post(req); status != 200 {
		t.Fatalf("HTTP %d %s", status, b)
	}
	other, err := seal.DeriveMasterKey(bytes.Repeat([]byte{1}, 32), 7)
	if err != nil {
		t.Fatal(err)
	}
	source.key = other
	if e := f.refused(req, 503, "Failure"); e.Reason == nil || e.Reason.Code != "answer_lost" {
		t.Errorf("%+v", e)
	}
}

func TestServicesMustDiffer(t *testing.T) {
	f := newFixture(t)
	alice, bob := f.client("alice", serverID, pkgID), f.client("bob", bobID, bobPackage)
	change := func(c ServiceConfig, f func(*ServiceConfig)) ServiceConfig { f(&c); return c }
	for want, list := range map[string][]ServiceConfig{
		"no KeyServer object": {},
		"same name":           {alice, change(bob, func(c *ServiceConfig) { c.Name = "alice" })},
		"same object":         {alice, change(bob, func(c *ServiceConfig) { c.ObjectID = serverID })},
		"same package":        {alice, change(bob, func(c *ServiceConfig) { c.Packages = append(c.Packages, pkgID) })},
		"same journal":        {alice, change(bob, func(c *ServiceConfig) { c.JournalDir = alice.JournalDir + "/" })},
		"every package":       {change(alice, func(c *ServiceConfig) { c.Packages = nil }), change(bob, func(c *ServiceConfig) { c.Packages = nil })},
		"server's own":        {change(alice, func(c *ServiceConfig) { c.Name = "v1" })},
		"part of an address":  {change(alice, func(c *ServiceConfig) { c.Name = "../x" })},
		"no master key":       {change(alice, func(c *ServiceConfig) { c.Key = nil })},
	} {
		if _, err := New(Config{Services: list, Evaluator: f.eval}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestReload(t *testing.T) {
	f := permissioned(t)
	alice, bob, carol := f.services[0], f.services[1], f.client("carol", carolID, carolPkg)
	running := f.server.Services()
	f.released("/v1/fetch_key", pkgID, publicKey(t, alice))

	// Bob goes, his package becomes alice's, carol comes.
	alice.Packages = []sui.Address{pkgID, bobPackage}
	if err := f.server.Reload([]ServiceConfig{carol, alice}); err != nil {
		t.Fatal(err)
	}
	now := f.server.Services()
	if len(now) != 2 || now[1] != running[0] || now[0].ObjectID() != carolID {
		t.Fatalf("services %v", now)
	}
	f.released("/v1/fetch_key", bobPackage, publicKey(t, alice))
	f.released("/carol/v1/fetch_key", carolPkg, publicKey(t, carol))
	if status, _ := f.status("/bob/v1/fetch_key", bobPackage); status != 404 {
		t.Errorf("bob is still served: HTTP %d", status)
	}

	// Bob comes back to his journal.
	alice.Packages = alice.Packages[:1]
	if err := f.server.Reload([]ServiceConfig{alice, bob}); err != nil {
		t.Fatal(err)
	}
	f.released("/bob/v1/fetch_key", bobPackage, publicKey(t, bob))
	if n := running[0].Receipts(); n != 2 {
		t.Errorf("alice has %d receipts, want 2", n)
	}
}

// What can't be put into force changes nothing.
func TestReloadRefuses(t *testing.T) {
	f := permissioned(t)
	alice, bob, carol := f.services[0], f.services[1], f.client("carol", carolID, carolPkg)
	change := func(c ServiceConfig, f func(*ServiceConfig)) ServiceConfig { f(&c); return c }
	for want, list := range map[string][]ServiceConfig{
		"same package":         {alice, change(bob, func(c *ServiceConfig) { c.Packages = alice.Packages })},
		"journal directory is": {alice, change(bob, func(c *ServiceConfig) { c.JournalDir += "2" })},
		"receipt key is":       {alice, change(bob, func(c *ServiceConfig) { c.ReceiptKey = alice.ReceiptKey })},
		"master key is":        {alice, change(bob, func(c *ServiceConfig) { c.Key = alice.Key })},
		"issuer is":            {alice, change(bob, func(c *ServiceConfig) { c.Issuer = carolID })},
		"not a directory":      {change(carol, func(c *ServiceConfig) { c.JournalDir = filepath.Join(bob.JournalDir, "lock") }), bob},
	} {
		if err := f.server.Reload(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	f.released("/alice/v1/fetch_key", pkgID, publicKey(t, alice))
	f.released("/bob/v1/fetch_key", bobPackage, publicKey(t, bob))
	if err := f.server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.server.Reload(f.services); err == nil {
		t.Error("a closed server was reloaded")
	}
}

// Requests that are under way when their service goes are answered.
func TestReloadDropsNoRequest(t *testing.T) {
	f := permissioned(t)
	alice, bob := f.services[0], f.services[1]
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if status, typ := f.status("/v1/fetch_key", pkgID); status != 200 {
					t.Errorf("alice: HTTP %d %s", status, typ)
				}
				if status, typ := f.status("/v1/fetch_key", bobPackage); status != 200 && typ != "UnsupportedPackageId" {
					t.Errorf("bob: HTTP %d %s", status, typ)
				}
			}
		})
	}
	for i := range 20 {
		list := []ServiceConfig{alice, bob}
		if err := f.server.Reload(list[:1+i%2]); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}
