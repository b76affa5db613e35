package suirpc_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

func dial(t *testing.T, url string) *suirpc.Client {
	t.Helper()
	c, err := suirpc.Dial(t.Context(), url, suirpc.WithBackoff(time.Millisecond), suirpc.WithQuiet(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func key(t *testing.T, seed byte) *sui.PrivateKey {
	t.Helper()
	k, err := sui.NewPrivateKey(sui.Ed25519, append(make([]byte, 31), seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// coin makes a SUI coin of an owner: its contents are id and balance.
func coin(id byte, owner sui.Address, version, balance uint64) *sui.Object {
	contents := binary.LittleEndian.AppendUint64(append(make([]byte, 31), id), balance)
	return &sui.Object{Owner: sui.AddressOwner(owner),
		Move: &sui.MoveObject{Type: *sui.SUICoinType(), HasPublicTransfer: true, Version: version, Contents: contents}}
}

func thing(id byte, owner sui.Owner) *sui.Object {
	return &sui.Object{Owner: owner, Move: &sui.MoveObject{Type: sui.MustStructTag("0x7::m::T"), Version: 3, Contents: append(make([]byte, 31), id)}}
}

func TestDialRefusesBadURLs(t *testing.T) {
	for _, url := range []string{"", "fullnode.testnet.sui.io:443", "ftp://host", "http://host/key5e", "https://user:key5e@host", "https://host/?token=key5e", "http://", "ftp://host/key5e", "https://host:key5e/"} {
		c, err := suirpc.Dial(t.Context(), url)
		if err == nil {
			c.Close()
			t.Errorf("Dial(%q) succeeds", url)
		} else if strings.Contains(err.Error(), "key5e") {
			t.Errorf("Dial(%q) shows what may be a key: %v", url, err)
		}
	}
}

func TestNodeDownNamesURL(t *testing.T) {
	node := suirpctest.Start(t)
	node.SetDown(true)
	_, err := dial(t, node.URL).ChainID(t.Context())
	if !errors.Is(err, suirpc.ErrUnreachable) || !strings.Contains(err.Error(), node.URL) || !strings.Contains(err.Error(), "check that") {
		t.Fatalf("ChainID of a node that is down: %v", err)
	}
}

func TestObjects(t *testing.T) {
	node := suirpctest.Start(t)
	c := dial(t, node.URL)
	owner := key(t, 1).Address()
	var ids []sui.Address
	for i := byte(1); i <= 60; i++ { // more than one batch
		o := coin(i, owner, 5, uint64(i))
		node.Put(o)
		ids = append(ids, o.ID())
	}
	ids = append(ids, sui.Address{0xff})
	objs, err := c.Objects(t.Context(), ids)
	if err != nil || len(objs) != 61 {
		t.Fatalf("Objects: %d, %v", len(objs), err)
	}
	for i, o := range objs[:60] {
		if n, _ := o.CoinBalance(); o.ID() != ids[i] || n != uint64(i+1) {
			t.Errorf("object %d is %s with %d MIST", i, o.ID(), n)
		}
	}
	if objs[60] != nil {
		t.Errorf("missing object: %v, want nil", objs[60])
	}
	if _, err := c.Object(t.Context(), sui.Address{0xff}); !errors.Is(err, suirpc.ErrNotFound) {
		t.Errorf("Object of a missing id: %v, want ErrNotFound", err)
	}
	owned, err := c.OwnedObjects(t.Context(), owner, sui.SUICoinType())
	if err != nil || len(owned) != 60 {
		t.Errorf("OwnedObjects follows pages to %d objects, %v; want 60", len(owned), err)
	}
}

func TestRequestGas(t *testing.T) {
	addr := key(t, 1).Address()
	answer, code := `{"status":"Success","coins_sent":[]}`, 200
	var asked struct {
		FixedAmountRequest struct {
			Recipient string `json:"recipient"`
		}
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v2/gas" {
			t.Errorf("faucet is asked %s %s", r.Method, r.URL.Path)
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		w.WriteHeader(code)
		w.Write([]byte(answer))
	}))
	defer srv.Close()
	c := dial(t, "http://127.0.0.1:1")
	if err := c.RequestGas(t.Context(), srv.URL+"/", addr); err != nil || asked.FixedAmountRequest.Recipient != addr.String() {
		t.Fatalf("RequestGas: %v, asked for %q", err, asked.FixedAmountRequest.Recipient)
	}
	for _, bad := range []struct {
		code         int
		answer, want string
	}{
		{200, `{"status":{"Failure":{"internal":"empty"}}}`, "refuses"},
		{429, "slow down", "wait a few minutes"},
		{502, "<html>", "not a faucet's JSON"},
	} {
		code, answer = bad.code, bad.answer
		if err := c.RequestGas(t.Context(), srv.URL, addr); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("faucet answers %d %s: %v; want %q", bad.code, bad.answer, err, bad.want)
		}
	}
}

// Each attempt of a call is observed, with its outcome.
func TestObserver(t *testing.T) {
	node := suirpctest.Start(t)
	var methods []string
	var failed int
	c, err := suirpc.Dial(t.Context(), node.URL, suirpc.WithBackoff(time.Millisecond), suirpc.WithObserver(func(method string, start time.Time, err error) {
		methods = append(methods, method)
		if err != nil {
			failed++
		}
		if start.IsZero() {
			t.Error("no start")
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.ServiceInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	node.SetDown(true)
	if _, err := c.ServiceInfo(t.Context()); err == nil {
		t.Fatal("a node that is down answers")
	}
	if len(methods) < 3 || methods[0] != "GetServiceInfo" || failed != len(methods)-1 {
		t.Errorf("observed %q, %d failed", methods, failed)
	}
}
