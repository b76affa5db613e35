package contract_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// These tests register enclaves with real attestation documents and with those
// of an authority that the chain was told to trust. The Move unit-test runner
// refuses all documents.

// enclaves is a catalog on a chain that trusts an authority for documents, with
// a configuration of owner.
type enclaves struct {
	*catalog
	authority *nitro.Authority
	pcrs      []nitro.PCR
	config    *contract.ConfigCreated
}

const (
	hourMS = 3_600_000
	dayMS  = 24 * hourMS
)

func newEnclaves(t *testing.T, change func(*contract.NewEnclaveConfig)) *enclaves {
	t.Helper()
	a, err := nitro.NewAuthority(time.UnixMilli(noon))
	if err != nil {
		t.Fatal(err)
	}
	c := &enclaves{catalog: newCatalog(t), authority: a, pcrs: registers(1)}
	c.engine = execution.NewEngine(a.Root())
	c.config = c.newConfig(change)
	return c
}

// registers are a measurement of an image that was never built.
func registers(image byte, more ...nitro.PCR) []nitro.PCR {
	var out []nitro.PCR
	for i := range uint8(3) {
		out = append(out, nitro.PCR{Index: i, Value: bytes.Repeat([]byte{image, i}, 24)})
	}
	return append(out, more...)
}

func register(index, value byte) nitro.PCR {
	return nitro.PCR{Index: index, Value: bytes.Repeat([]byte{value}, 48)}
}

func (c *enclaves) newConfig(change func(*contract.NewEnclaveConfig)) *contract.ConfigCreated {
	c.t.Helper()
	n := contract.NewEnclaveConfig{Name: "weather", DelayMS: dayMS, LifetimeMS: 7 * dayMS, Measurement: c.pcrs}
	if change != nil {
		change(&n)
	}
	return one[contract.ConfigCreated](c.t, c.run(owner, func(b *sui.Builder) { contract.CreateEnclaveConfig(b, c.p, n, owner.address) }))
}

// now is the chain's time.
func (c *enclaves) now() time.Time { return time.UnixMilli(int64(c.clock())) }

// document attests an enclave, for owner to register.
func (c *enclaves) document(key ed25519.PrivateKey, change func(*nitro.Document)) []byte {
	c.t.Helper()
	data := attest.RegistrationData(c.config.ConfigID, owner.address)
	d := nitro.Document{ModuleID: "i-1-enc1", PCRs: c.pcrs, PublicKey: key.Public().(ed25519.PublicKey), UserData: data[:]}
	if change != nil {
		change(&d)
	}
	raw, err := c.authority.Attest(d, c.now())
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

// enclaveKey is the key that the n-th enclave made.
func enclaveKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, 31), n))
}

func (c *enclaves) register(version uint64, raw []byte) func(*sui.Builder) {
	return func(b *sui.Builder) {
		contract.RegisterEnclave(b, c.p, c.made.EnclaveRegistry, c.config.ConfigID, version, raw)
	}
}

// start registers the n-th enclave.
func (c *enclaves) start(n byte) *contract.EnclaveRegistered {
	c.t.Helper()
	return one[contract.EnclaveRegistered](c.t, c.run(owner, c.register(0, c.document(enclaveKey(n), nil))))
}

// refuseDocument expects that the framework refuses the document.
func (c *chain) refuseDocument(as account, code uint64, build func(*sui.Builder)) {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	_, err := c.Send(context.Background(), as, b)
	var failed *suirpc.ExecutionError
	if !errors.As(err, &failed) || failed.Status.Kind != sui.FailMoveAbort || failed.Status.Location.Module != "nitro_attestation" || failed.Status.Code != code {
		c.t.Fatalf("got %v, want nitro_attestation to abort with %d", err, code)
	}
}

// Abort codes of sui::nitro_attestation.
const (
	nitroParse  = 1
	nitroVerify = 2
)

// realDocument reads a document of the package nitro, which says where it comes
// from.
func realDocument(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "nitro", "testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	return unhex(t, strings.TrimSpace(string(text)))
}

func realPCRs(t *testing.T, raw []byte, others ...uint8) []nitro.PCR {
	t.Helper()
	d, err := nitro.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	pcrs, err := attest.Measure(d, others...)
	if err != nil {
		t.Fatal(err)
	}
	return pcrs
}

// The document of Nautilus' weather example, at the time of its own test.
func TestRegisterWeather(t *testing.T) {
	const at = 1744684007462
	c := newEnclaves(t, nil)
	raw := realDocument(t, "weather")
	c.pcrs = realPCRs(t, raw)
	c.setTime(at)
	unbound := func(n *contract.NewEnclaveConfig) { n.TakesUnbound = true }
	c.config = c.newConfig(unbound)
	add := func(config *contract.ConfigCreated, raw []byte) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.RegisterUnboundEnclave(b, c.p, c.made.EnclaveRegistry, config.ConfigID, config.CapID, 0, raw)
		}
	}
	// it names nobody, so only the holder of the capability may register it
	c.refuse(owner, "enclave", "EWrongRegistrant", c.register(0, raw))
	c.refuse(owner, "enclave", "EUnboundRefused", add(c.newConfig(nil), raw))
	c.refuseDocument(owner, nitroVerify, add(c.config, flip(raw, 2000)))
	c.refuseDocument(owner, nitroParse, add(c.config, raw[:3000]))
	c.setTime(at + 3*hourMS)
	c.refuseDocument(owner, nitroVerify, add(c.config, raw)) // the leaf's certificate has expired
	c.setTime(1744683923696 + hourMS + 1)
	c.refuse(owner, "enclave", "EStaleDocument", add(c.config, raw))
	c.setTime(at)
	got := one[contract.EnclaveRegistered](t, c.run(owner, add(c.config, raw)))
	if key := hex.EncodeToString(got.PublicKey); key != "e8e62201dbe293b703c759f653107acbc2c911fa1d2e66f2c747bec95971a2af" ||
		got.DocumentAtMS != 1744683923696 || got.RegisteredAtMS != at || got.ExpiresAtMS != at+7*dayMS || got.Bound || got.RegisteredBy != owner.address ||
		got.ConfigID != c.config.ConfigID || got.ConfigVersion != 0 {
		t.Errorf("got %+v", got)
	}
	e := read(c.chain, got.EnclaveID, contract.ParseEnclave)
	if e.Config != c.config.ConfigID || e.ConfigVersion != 0 || !bytes.Equal(e.PublicKey, got.PublicKey) || !strings.HasPrefix(string(e.ModuleID), "i-") {
		t.Errorf("enclave is %+v", e)
	}
	// nor under another configuration: a key is registered once, ever
	c.refuse(owner, "enclave", "EAlreadyRegistered", add(c.config, raw))
	c.refuse(owner, "enclave", "EAlreadyRegistered", add(c.newConfig(unbound), raw))
}

// A document of a real enclave in debug mode.
func TestRegisterDebug(t *testing.T) {
	c := newEnclaves(t, nil)
	c.setTime(1731627987382)
	config := c.newConfig(func(n *contract.NewEnclaveConfig) { n.TakesUnbound = true })
	c.refuse(owner, "measurement", "EDebugMode", func(b *sui.Builder) {
		contract.RegisterUnboundEnclave(b, c.p, c.made.EnclaveRegistry, config.ConfigID, config.CapID, 0, realDocument(t, "debug-zero-pcrs"))
	})
	zero := registers(1)
	zero[1].Value = make([]byte, 48)
	c.refuse(owner, "measurement", "EZeroValue", func(b *sui.Builder) {
		contract.CreateEnclaveConfig(b, c.p, contract.NewEnclaveConfig{Name: "a", LifetimeMS: 1, Measurement: zero}, owner.address)
	})
}

// Only a chain that was told to trusts another root than AWS'.
func TestRegisterFromAuthority(t *testing.T) {
	c := newEnclaves(t, nil)
	raw := c.document(enclaveKey(1), nil)
	c.engine = execution.NewEngine()
	c.refuseDocument(owner, nitroVerify, c.register(0, raw))
	other, err := nitro.NewAuthority(c.now())
	if err != nil {
		t.Fatal(err)
	}
	c.engine = execution.NewEngine(other.Root())
	c.refuseDocument(owner, nitroVerify, c.register(0, raw))
	c.engine = execution.NewEngine(c.authority.Root())
	if got := one[contract.EnclaveRegistered](t, c.run(owner, c.register(0, raw))); !got.Bound || string(got.ModuleID) != "i-1-enc1" {
		t.Errorf("got %+v", got)
	}
}

// Documents that a version of the configuration does not fit.
func TestRegisterEnclaveRefusals(t *testing.T) {
	c := newEnclaves(t, nil)
	for _, v := range []struct {
		what, module, name string
		change             func(*nitro.Document)
	}{
		{"another image", "measurement", "EMismatch", func(d *nitro.Document) { d.PCRs = registers(2) }},
		{"another application", "measurement", "EMismatch", func(d *nitro.Document) { d.PCRs = append(registers(1)[:2:2], registers(2)[2]) }},
		{"debug mode", "measurement", "EDebugMode", func(d *nitro.Document) {
			d.PCRs = nil
			for i := range uint8(3) {
				d.PCRs = append(d.PCRs, register(i, 0))
			}
		}},
		{"no key", "nitro_report", "EInvalidPublicKey", func(d *nitro.Document) { d.PublicKey = nil }},
		{"a key of another kind", "nitro_report", "EInvalidPublicKey", func(d *nitro.Document) { d.PublicKey = make([]byte, 33) }},
		{"no user data", "enclave", "EWrongRegistrant", func(d *nitro.Document) { d.UserData = nil }},
		{"for another sender", "enclave", "EWrongRegistrant", func(d *nitro.Document) {
			data := attest.RegistrationData(c.config.ConfigID, reader.address)
			d.UserData = data[:]
		}},
		{"for another configuration", "enclave", "EWrongRegistrant", func(d *nitro.Document) {
			data := attest.RegistrationData(sui.Address{1}, owner.address)
			d.UserData = data[:]
		}},
		{"an hour old", "enclave", "EStaleDocument", func(d *nitro.Document) { d.TimestampMS = uint64(c.now().UnixMilli()) - hourMS - 1 }},
		{"from the future", "enclave", "EFutureDocument", func(d *nitro.Document) { d.TimestampMS = uint64(c.now().UnixMilli()) + 60_001 }},
	} {
		t.Run(v.what, func(t *testing.T) {
			c.refuse(owner, v.module, v.name, c.register(0, c.document(enclaveKey(1), v.change)))
		})
	}
	c.refuse(owner, "enclave_config", "EUnknownVersion", c.register(1, c.document(enclaveKey(1), nil)))
	// whoever else gets hold of the document can do nothing with it
	c.refuse(stranger, "enclave", "EWrongRegistrant", c.register(0, c.document(enclaveKey(1), nil)))
	c.start(1)
	c.refuse(owner, "enclave", "EAlreadyRegistered", c.register(0, c.document(enclaveKey(1), nil)))
}

// Registers are found by their index: which of them stand between 2 and 16
// differs from document to document.
func TestRegistersByIndex(t *testing.T) {
	c := newEnclaves(t, nil)
	wanted := registers(1, register(8, 9), register(16, 7))
	c.config = c.newConfig(func(n *contract.NewEnclaveConfig) { n.Measurement = wanted })
	with := func(more ...nitro.PCR) func(*nitro.Document) {
		return func(d *nitro.Document) { d.PCRs = registers(1, more...) }
	}
	for n, pcrs := range [][]nitro.PCR{
		{register(8, 9), register(16, 7)},
		{register(3, 0), register(4, 0), register(8, 9), register(16, 7)},
		{register(3, 5), register(4, 6), register(5, 4), register(8, 9), register(16, 7), register(17, 1)},
	} {
		c.run(owner, c.register(0, c.document(enclaveKey(byte(10+n)), with(pcrs...))))
	}
	for what, v := range map[string]struct {
		name string
		pcrs []nitro.PCR
	}{
		"the value in another register": {"EMissingRegister", []nitro.PCR{register(8, 9), register(17, 7)}},
		"values swapped":                {"EMismatch", []nitro.PCR{register(8, 7), register(16, 9)}},
		"a register that is zero":       {"EMissingRegister", []nitro.PCR{register(8, 9), register(16, 0)}},
	} {
		t.Run(what, func(t *testing.T) {
			c.refuse(owner, "measurement", v.name, c.register(0, c.document(enclaveKey(1), with(v.pcrs...))))
		})
	}
}

func TestRenewAndExpire(t *testing.T) {
	c := newEnclaves(t, nil)
	e := c.start(1)
	renew := func(raw []byte) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.RenewEnclave(b, c.p, e.EnclaveID, c.config.ConfigID, raw) }
	}
	remove := func(b *sui.Builder) { contract.RemoveEnclave(b, c.p, e.EnclaveID) }
	same := c.document(enclaveKey(1), nil)
	c.refuse(owner, "enclave", "ENotNewer", renew(same))
	c.setTime(noon + 5*dayMS)
	c.refuse(owner, "enclave", "EWrongKey", renew(c.document(enclaveKey(2), nil)))
	c.refuse(owner, "measurement", "EMismatch", renew(c.document(enclaveKey(1), func(d *nitro.Document) { d.PCRs = registers(2) })))
	c.refuse(stranger, "enclave", "EWrongRegistrant", renew(c.document(enclaveKey(1), nil)))
	other := c.newConfig(nil)
	c.refuse(owner, "enclave", "EWrongConfig", func(b *sui.Builder) {
		contract.RenewEnclave(b, c.p, e.EnclaveID, other.ConfigID, c.document(enclaveKey(1), nil))
	})
	got := one[contract.EnclaveRenewed](t, c.run(owner, renew(c.document(enclaveKey(1), nil))))
	if got.EnclaveID != e.EnclaveID || got.DocumentAtMS != noon+5*dayMS || got.ExpiresAtMS != noon+12*dayMS {
		t.Errorf("got %+v", got)
	}
	c.refuse(stranger, "enclave", "EStillRegistered", remove)
	c.setTime(noon + 12*dayMS)
	if got := one[contract.EnclaveRemoved](t, c.run(stranger, remove)); got.EnclaveID != e.EnclaveID || c.live[e.EnclaveID] != nil {
		t.Errorf("got %+v", got)
	}
	// its key stays used
	c.refuse(owner, "enclave", "EAlreadyRegistered", c.register(0, c.document(enclaveKey(1), nil)))
}

func TestRevokeEnclave(t *testing.T) {
	c := newEnclaves(t, nil)
	a, d := c.start(1), c.start(2)
	cap := c.config.CapID
	revoke := func(id sui.Address, cap *sui.Address) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.RevokeEnclave(b, c.p, id, c.config.ConfigID, cap, nil) }
	}
	c.refuse(stranger, "enclave", "ENotRegistrant", revoke(a.EnclaveID, nil))
	other := c.newConfig(nil)
	c.refuse(owner, "enclave_config", "EWrongCap", revoke(a.EnclaveID, &other.CapID))
	c.refuse(owner, "enclave", "EWrongConfig", func(b *sui.Builder) {
		contract.RevokeEnclave(b, c.p, a.EnclaveID, other.ConfigID, &other.CapID, nil)
	})
	if got := one[contract.EnclaveRevoked](t, c.run(owner, revoke(a.EnclaveID, &cap))); got.EnclaveID != a.EnclaveID || got.RevokedBy != owner.address || got.RevokedAtMS != noon {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "enclave", "ERevoked", revoke(a.EnclaveID, &cap))
	c.refuse(owner, "enclave", "ERevoked", func(b *sui.Builder) {
		contract.RenewEnclave(b, c.p, a.EnclaveID, c.config.ConfigID, c.document(enclaveKey(1), nil))
	})
	c.run(owner, revoke(d.EnclaveID, nil))
	c.run(stranger, func(b *sui.Builder) { contract.RemoveEnclave(b, c.p, a.EnclaveID) })
}

// A restarted enclave has a new key, which the old one vouches for.
func TestSucceed(t *testing.T) {
	c := newEnclaves(t, nil)
	old, next := c.start(1), c.start(2)
	sign := func(key ed25519.PrivateKey, config sui.Address) contract.Signed {
		return attest.Sign(key, attest.IntentHandover, c.now(), attest.HandoverPayload(config, next.PublicKey))
	}
	succeed := func(enclave, old sui.Address, s contract.Signed) func(*sui.Builder) {
		return func(b *sui.Builder) { contract.SucceedEnclave(b, c.p, enclave, old, c.config.ConfigID, s) }
	}
	good := sign(enclaveKey(1), c.config.ConfigID)
	c.refuse(owner, "enclave", "EInvalidSignature", succeed(next.EnclaveID, old.EnclaveID, sign(enclaveKey(2), c.config.ConfigID)))
	c.refuse(owner, "enclave", "EInvalidSignature", succeed(next.EnclaveID, old.EnclaveID, sign(enclaveKey(1), sui.Address{1})))
	got := one[contract.EnclaveSucceeded](t, c.run(stranger, succeed(next.EnclaveID, old.EnclaveID, good)))
	if got.EnclaveID != next.EnclaveID || got.PredecessorID != old.EnclaveID {
		t.Errorf("got %+v", got)
	}
	c.refuse(owner, "enclave", "EHasPredecessor", succeed(next.EnclaveID, old.EnclaveID, good))
	// a predecessor that is revoked vouches for nobody
	third := c.start(3)
	cap := c.config.CapID
	c.run(owner, func(b *sui.Builder) {
		contract.RevokeEnclave(b, c.p, next.EnclaveID, c.config.ConfigID, &cap, nil)
	})
	s := attest.Sign(enclaveKey(2), attest.IntentHandover, c.now(), attest.HandoverPayload(c.config.ConfigID, third.PublicKey))
	c.refuse(owner, "enclave", "ERevoked", succeed(third.EnclaveID, next.EnclaveID, s))
}
