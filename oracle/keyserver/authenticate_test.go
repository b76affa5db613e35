package keyserver

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

func TestAuthentication(t *testing.T) {
	f := start(t)
	good := func(change func(*seal.SessionConfig)) *seal.FetchKeyRequest { r, _ := f.request(change); return r }
	other, err := sui.GenerateKey(sui.Secp256k1, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func() *seal.FetchKeyRequest
		status int
		typ    string
		code   string
	}{
		{"expired", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(-10*time.Minute - time.Millisecond) })
		}, 403, "InvalidCertificate", "session_expired"},
		{"just alive", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(-10 * time.Minute) })
		}, 200, "", ""},
		{"from the future", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(5*time.Second + time.Millisecond) })
		}, 403, "InvalidCertificate", "session_in_future"},
		{"slightly ahead", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Now = f.now.Add(5 * time.Second) })
		}, 200, "", ""},
		{"too long", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.TTLMinutes = 31; return r },
			403, "InvalidCertificate", "session_too_long"},
		{"TTL that wraps in 16 bits", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.TTLMinutes = 1093; return r },
			403, "InvalidCertificate", "session_too_long"},
		{"another PTB", func() *seal.FetchKeyRequest { r := good(nil); r.PTB = ptb(t, sui.Address{1}); return r },
			403, "InvalidSessionSignature", "invalid_session_signature"},
		{"another session key", func() *seal.FetchKeyRequest {
			r := good(nil)
			r.Certificate.SessionKey = good(nil).Certificate.SessionKey
			return r
		}, 403, "InvalidSessionSignature", "invalid_session_signature"},
		{"another user", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.User = other.Address(); return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"another package", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.Package = sui.Address{9} })
		}, 403, "InvalidSignature", "invalid_wallet_signature"},
		{"longer life than signed", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.TTLMinutes = 20; return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"a damaged multisig", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.Signature = []byte{3, 1}; return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"an unknown scheme", func() *seal.FetchKeyRequest { r := good(nil); r.Certificate.Signature = []byte{9, 1}; return r },
			403, "InvalidSignature", "invalid_wallet_signature"},
		{"zkLogin that the chain refuses", func() *seal.FetchKeyRequest {
			f.eval.wallet = &policy.Refusal{Kind: policy.InvalidSignature, Reason: seal.Reason{Code: "refused"}}
			r := good(nil)
			r.Certificate.Signature = []byte{5, 1}
			return r
		}, 403, "InvalidSignature", "refused"},
		{"zkLogin that the chain accepts", func() *seal.FetchKeyRequest {
			f.eval.wallet = nil
			r := good(nil)
			r.Certificate.Signature = []byte{5, 1}
			return r
		}, 200, "", ""},
		{"a name", func() *seal.FetchKeyRequest {
			return good(func(c *seal.SessionConfig) { c.MVRName = "@my/package" })
		}, 403, "InvalidMVRName", "mvr_unsupported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.t = t
			before := f.eval.queries
			status, _, b := f.post(c.change())
			var e seal.ErrorResponse
			json.Unmarshal(b, &e)
			if status != c.status || e.Type != c.typ || c.code != "" && (e.Reason == nil || e.Reason.Code != c.code) {
				t.Errorf("HTTP %d %s, want %d %s %s", status, b, c.status, c.typ, c.code)
			}
			if c.status != 200 && f.eval.queries != before {
				t.Error("the policy was evaluated for a request that is not authenticated")
			}
			if status != 200 && e.Receipt != "" {
				t.Error("a request that is not authenticated got a receipt")
			}
		})
	}
	f.t = t
	if n := len(f.log()); n != 3 {
		t.Errorf("%d receipts, want 3: of the releases", n)
	}
	if want := "Accessing keys of package " + pkgID.String() + " for 10 mins"; !strings.HasPrefix(f.eval.asked, want) {
		t.Errorf("the chain was asked about %q, want %q", f.eval.asked, want)
	}
}

func TestWallets(t *testing.T) {
	for _, scheme := range []sui.Scheme{sui.Ed25519, sui.Secp256k1, sui.Secp256r1} {
		f := start(t)
		var err error
		if f.wallet, err = sui.GenerateKey(scheme, rand.Reader); err != nil {
			t.Fatal(err)
		}
		req, _ := f.request(nil)
		if status, _, b := f.post(req); status != 200 {
			t.Errorf("%s: HTTP %d %s", scheme, status, b)
		}
	}
}

// The identity and the signed message use the first version of the package,
// whichever version is called.
func TestUpgradedPackage(t *testing.T) {
	f := start(t)
	first := sui.Address{0xf1}
	f.eval.first = first
	req, tk := f.request(func(c *seal.SessionConfig) { c.Package = first })
	status, _, b := f.post(req)
	var res seal.FetchKeyResponse
	if err := json.Unmarshal(b, &res); status != 200 || err != nil {
		t.Fatalf("HTTP %d: %s", status, b)
	}
	c, _ := seal.ParseEncryptedUserKey(res.Keys[0].EncryptedKey[0], res.Keys[0].EncryptedKey[1])
	key, _ := tk.Open(c)
	if err := key.Verify(seal.FullID(first, innerID), f.master.PublicKey()); err != nil {
		t.Error(err)
	}
	// A session for the called version is none for the namespace.
	req, _ = f.request(nil)
	f.refused(req, 403, "InvalidSignature")
}

func TestUnknownPackage(t *testing.T) {
	f := start(t)
	f.eval.pkgErr = &policy.Refusal{Kind: policy.InvalidPackage, Reason: seal.Reason{Code: "package_not_found", Rule: "r"}}
	req, _ := f.request(nil)
	if e := f.refused(req, 403, "InvalidPackage"); e.Message != "Invalid package ID: r (package_not_found)" || e.Receipt == "" {
		t.Errorf("%+v", e)
	}
}
