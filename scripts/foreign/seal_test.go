package foreign

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// sealConfig is what seal.mjs reads.
type sealConfig struct {
	Node      string         `json:"node"` // "" for a scripted chain
	Servers   []sealServer   `json:"servers"`
	Threshold int            `json:"threshold"`
	PackageID string         `json:"packageId"`
	Module    string         `json:"module"`
	ID        string         `json:"id"`      // inner identity, hex
	Shared    []sharedObject `json:"shared"`  // arguments of seal_approve after the id, fully given
	Objects   []string       `json:"objects"` // then those that the client resolves
	Clock     bool           `json:"clock"`
	Plaintext []byte         `json:"plaintext"`
	Reader    string         `json:"reader"` // Ed25519 seeds, hex
	Stranger  string         `json:"stranger"`
	FromGo    [][]byte       `json:"fromGo"`  // objects that the client shall open
	Wallets   bool           `json:"wallets"` // open them with wallets of each scheme too
}

type sealServer struct {
	ObjectID  string `json:"objectId"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	PublicKey string `json:"pk"`
}

type sharedObject struct {
	ID      string `json:"id"`
	Version uint64 `json:"version"`
}

// sealResult is what seal.mjs prints.
type sealResult struct {
	AES     []byte            `json:"aes"`
	HMAC    []byte            `json:"hmac"`
	Derived map[string]string `json:"derived"` // user keys by server, hex
	Opened  []string          `json:"opened"`  // by which wallets
	Refusal struct {
		Name    string `json:"name"`
		Message string `json:"message"`
		Status  int    `json:"status"`
	} `json:"refusal"`
}

func runSeal(t *testing.T, cfg sealConfig) sealResult {
	t.Helper()
	var res sealResult
	askNode(t, "seal.mjs", cfg, &res)
	return res
}

// wallet returns a key and the seed that seal.mjs makes the same key of.
func wallet(t *testing.T, fill byte) (*sui.PrivateKey, string) {
	t.Helper()
	seed := bytes.Repeat([]byte{fill}, 32)
	k, err := sui.NewPrivateKey(sui.Ed25519, seed)
	if err != nil {
		t.Fatal(err)
	}
	return k, hex.EncodeToString(seed)
}

// startKeyServer serves a key server whose registration is made once its
// address and public key are known.
func startKeyServer(t *testing.T, e policy.Evaluator, register func(url string, publicKey []byte) sui.Address, changes ...func(*keyserver.Config)) (*keyserver.Server, *seal.MasterKey, sui.Address) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, receiptKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := register("http://"+l.Addr().String(), master.PublicKey().Bytes())
	cfg := keyserver.Config{
		Services: []keyserver.ServiceConfig{{ObjectID: id, Key: keyserver.FixedKey(master), ReceiptKey: receiptKey, JournalDir: t.TempDir()}}, Evaluator: e,
	}
	for _, change := range changes {
		change(&cfg)
	}
	s, err := keyserver.Start(t.Context(), cfg, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, master, id
}

// allBut is a policy that all addresses but one satisfy.
type allBut struct{ stranger sui.Address }

func (allBut) Package(_ context.Context, id sui.Address) (policy.Package, error) {
	return policy.Package{First: id, Called: id, Version: 1}, nil
}

func (p allBut) Evaluate(_ context.Context, q policy.Query) (policy.Evidence, error) {
	if q.User == p.stranger {
		return policy.Evidence{}, &policy.Refusal{Kind: policy.NoAccess, Reason: seal.Reason{
			Code: "test", Rule: "all but one may read", Remedy: "be another"}}
	}
	return policy.Evidence{}, nil
}

func (allBut) VerifyWallet(context.Context, sui.Address, []byte, sui.Signature) error {
	return errors.New("not asked by these wallets")
}

func (allBut) Ready(context.Context) error { return nil }

// The npm client and our key servers, without a chain: both read what the other
// encrypted, in both payload encryptions, with wallets of each scheme that
// verifies offline, and a stranger is refused.
func TestMystenSealKeyServers(t *testing.T) {
	_, readerSeed := wallet(t, 1)
	stranger, strangerSeed := wallet(t, 2)
	pkg, id := sui.Address{0xaa}, []byte("identity")
	plaintext := []byte("data for both")
	cfg := sealConfig{
		Threshold: 2, PackageID: pkg.String(), Module: "any", ID: hex.EncodeToString(id), Shared: []sharedObject{}, Objects: []string{},
		Plaintext: plaintext, Reader: readerSeed, Stranger: strangerSeed, Wallets: true,
	}
	keys := map[sui.Address]seal.UserKey{}
	publicKeys := map[sui.Address]seal.PublicKey{}
	var recipients []seal.Recipient
	for i := range 3 {
		_, master, server := startKeyServer(t, allBut{stranger.Address()}, func(url string, pk []byte) sui.Address {
			server := sui.Address{byte(i + 1), 31: 9}
			cfg.Servers = append(cfg.Servers, sealServer{server.String(), "server", url, hex.EncodeToString(pk)})
			return server
		})
		recipients = append(recipients, seal.Recipient{Server: server, PublicKey: master.PublicKey()})
		publicKeys[server] = master.PublicKey()
		key, err := master.Extract(rand.Reader, seal.FullID(pkg, id))
		if err != nil {
			t.Fatal(err)
		}
		keys[server] = key
	}
	for _, c := range []seal.EncryptConfig{{DEM: seal.AES256GCM}, {DEM: seal.HMAC256CTR, AAD: []byte("aad")}} {
		c.Package, c.ID, c.Threshold, c.Recipients = pkg, id, 2, recipients
		o, _, err := seal.Encrypt(plaintext, c)
		if err != nil {
			t.Fatal(err)
		}
		cfg.FromGo = append(cfg.FromGo, o.Bytes())
	}
	res := runSeal(t, cfg)
	for name, b := range map[string][]byte{"AES": res.AES, "HMAC": res.HMAC} {
		o, err := seal.ParseObject(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(o.Bytes(), b) {
			t.Errorf("%s: object does not read back", name)
		}
		got, err := seal.Decrypt(o, keys, seal.DecryptConfig{PublicKeys: publicKeys})
		if err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("%s: decrypt = %q, %v", name, got, err)
		}
		if string(o.Ciphertext.AAD) != "public" {
			t.Errorf("%s: additional data %q", name, o.Ciphertext.AAD)
		}
	}
	if want := "secp256k1 secp256r1 passkey multisig multisigPasskey"; strings.Join(res.Opened, " ") != want {
		t.Errorf("opened with the wallets %v, want %s", res.Opened, want)
	}
	if len(res.Derived) != 2 {
		t.Errorf("%d derived keys, want 2", len(res.Derived))
	}
	for server, key := range keys {
		if got, ok := res.Derived[server.String()]; ok && got != hex.EncodeToString(key.Bytes()) {
			t.Errorf("server %s: derived key %s", server, got)
		}
	}
	if res.Refusal.Name != "NoAccessError" {
		t.Errorf("the stranger got %+v", res.Refusal)
	}
	if strings.Contains(res.Refusal.Message, "undefined") {
		t.Errorf("message %q", res.Refusal.Message)
	}
}
