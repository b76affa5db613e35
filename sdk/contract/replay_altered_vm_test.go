package contract_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	merkle "github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// catches says, for every field of a receipt, what finds it altered by somebody
// who has the server's key and makes the evidence file fit: receipt.Verify
// ("verify"), a check of evidence.Audit by its name, or the log alone ("log"),
// which shows another receipt under that number. Somebody without the key is
// always found by the signature, and the log finds every change of a receipt
// that was logged.
var catches = map[string]string{
	"iss": "verify", "jti": "verify", "v": "verify", "seq": "verify",
	"iat": "time", "time_ms": "time",
	"prev": "log", "log_by_ms": "log", // by the receipts before, too: receipt.VerifyChain
	"decision": "verify", "share_commitment": "log", "request_hash": "log", "session_commitment": "log", "account_commitment": "log", "evaluated": "log",
	"reason": "verify", "reason.code": "decision", "reason.rule": "decision",
	"requester_commitment": "opening", "evidence": "commitment",
	"package": "package", "package.id": "package", "package.called": "package", "package.version": "package", "package.digest": "package",
	"calls.module": "request", "calls.function": "request", "calls.id": "request", "calls": "request",
	"policies.id": "policies", "policies": "policies", "policies.seq": "log", "policies.prev": "log",
	"chain": "checkpoint", "checkpoint": "checkpoint", "checkpoint.seq": "checkpoint", "checkpoint.digest": "checkpoint",
	"objects.id": "inputs", "objects.version": "inputs", "objects.digest": "inputs", "objects": "inputs",
}

// Every field of a receipt, altered one at a time, is caught.
func TestReplayAlteredReceipt(t *testing.T) {
	s := newKeyServer(t)
	logged := s.twoReceipts()
	forger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	seen := map[string]bool{}
	for _, l := range logged {
		for _, c := range alterations(t, l.receipt.Claims) {
			if forged, err := receipt.Sign(forger, c.claims); err != nil || l.verify(forged.Raw) == nil {
				t.Errorf("%s: altered by somebody without the key, it verifies (%v)", c.path, err)
			}
			signed, err := receipt.Sign(s.key, c.claims)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := catches[c.field()]
			if !ok {
				t.Errorf("nothing is said about field %q", c.path)
			}
			// A field that has to be there is missed sooner than noticed to be another.
			if got := l.catch(signed.Raw); got != want && !(c.removed && (got == "verify" || c.field() == "evidence" && got == "no evidence")) {
				t.Errorf("%s (removed: %v): caught by %q, want %q", c.path, c.removed, got, want)
			}
			if _, err := signed.CheckLogged(l.log, l.proof); err == nil {
				t.Errorf("%s: the log has the altered receipt too", c.path)
			}
			seen[c.field()] = true
		}
	}
	for field := range catches {
		if !seen[field] {
			t.Errorf("field %q was not altered", field)
		}
	}
}

// A release that should have been a refusal, and the other way round, each made to
// look right in itself.
func TestReplayWrongDecision(t *testing.T) {
	s := newKeyServer(t)
	for _, l := range s.twoReceipts() {
		for reason, want := range map[string]evidence.Result{"": evidence.Differs, "floe_access::policy::EHeld": evidence.Differs, "too_many_opens": evidence.Own} {
			c := l.receipt.Claims
			if reason == "" {
				c.Decision, c.ShareCommitment, c.Reason = receipt.Release, &receipt.Hash{1}, nil
			} else {
				c.Decision, c.ShareCommitment, c.Reason = receipt.Refuse, nil, &receipt.Reason{Code: reason, Rule: "because"}
			}
			if c.Decision == receipt.Release && l.receipt.Decision == receipt.Release {
				continue
			}
			r, err := receipt.Sign(s.key, &c)
			if err != nil {
				t.Fatal(err)
			}
			if report := l.audit(t, r.Raw); report.Result != want {
				t.Errorf("%s as %q: %s, want %s (%v)", l.receipt.Decision, reason, report.Result, want, report.Err())
			}
		}
	}
}

// Every bit of an evidence file is needed as it is.
func TestReplayAlteredEvidence(t *testing.T) {
	s := newKeyServer(t)
	l := s.twoReceipts()[0]
	whole := l.bundle.Bytes()
	for at := 0; at < len(whole); at += 1 + at/40 {
		b := bytes.Clone(whole)
		b[at] ^= 4
		bundle, err := evidence.ParseBundle(b)
		if err != nil {
			continue
		}
		if report, err := evidence.Audit(l.receipt, bundle, l.replayer); err != nil || report.Result != evidence.Differs || report.Err() == nil {
			t.Errorf("byte %d: %v, %+v", at, err, report)
		}
	}
	for n := range l.bundle.Objects {
		b := *l.bundle
		b.Objects = slices.Delete(slices.Clone(b.Objects), n, n+1)
		if report, _ := evidence.Audit(l.receipt, &b, l.replayer); report.Result != evidence.Differs {
			t.Errorf("without object %d: %+v", n, report)
		}
	}
}

// A loggedReceipt is a receipt with its evidence and the proof that it is in the
// log.
type loggedReceipt struct {
	receipt  *receipt.Receipt
	bundle   *evidence.Bundle
	keys     *receipt.KeySet
	log      *logproof.Log
	proof    *logproof.Proof
	replayer *evidence.Replayer
}

// twoReceipts makes a policy that lets one person in until it is too late, and
// asks twice: a release and a refusal, and their log.
func (s *keyServer) twoReceipts() (out []*loggedReceipt) {
	s.t.Helper()
	at := &situation{clauses: [][]condition{{{kind: 1}, {kind: 3, at: 5000}}}, members: map[person]bool{2: true}, nodes: []node{{}}, q: question{call: askPlain, who: 2}}
	var leaves [][]byte
	for _, now := range []uint64{4000, 6000} {
		at.now = now
		f := s.answer(at)
		r, err := receipt.Verify(f.jwt, f.keys, s.log.Issuer)
		if err != nil {
			s.t.Fatal(err)
		}
		b, err := evidence.ParseBundle(f.bundle)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, &loggedReceipt{receipt: r, bundle: b, keys: f.keys, replayer: evidence.NewReplayer()})
		leaves = append(leaves, merkle.DefaultHasher.HashLeaf(receipt.Leaf(r.Raw)))
	}
	if out[0].receipt.Decision != receipt.Release || out[1].receipt.Decision != receipt.Refuse {
		s.t.Fatal("the decisions are not a release and a refusal")
	}
	signer, err := logproof.Signer(receipt.LogOrigin(s.log.Issuer), s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	head := logproof.Checkpoint{Origin: receipt.LogOrigin(s.log.Issuer), Size: 2, Root: logproof.Hash(merkle.DefaultHasher.HashChildren(leaves[0], leaves[1]))}
	signed, err := note.Sign(&note.Note{Text: head.Text()}, signer)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, l := range out {
		if l.log, err = l.keys.Log(s.log.Issuer); err != nil {
			s.t.Fatal(err)
		}
		l.proof = &logproof.Proof{Index: uint64(i), Hashes: []logproof.Hash{logproof.Hash(leaves[1-i])}, Checkpoint: signed}
		if _, err := l.receipt.CheckLogged(l.log, l.proof); err != nil {
			s.t.Fatal(err)
		}
		if got := l.catch(l.receipt.Raw); got != "" {
			s.t.Fatalf("the true receipt is caught by %s", got)
		}
	}
	return out
}

func (l *loggedReceipt) verify(jwt string) error {
	_, err := receipt.Verify(jwt, l.keys, sui.Address{0x5e})
	return err
}

// catch names what finds something wrong with a receipt; "" if nothing does.
func (l *loggedReceipt) catch(jwt string) string {
	r, err := receipt.Verify(jwt, l.keys, sui.Address{0x5e})
	if err != nil {
		return "verify"
	}
	b := *l.bundle
	b.Receipt = jwt
	report, err := evidence.Audit(r, &b, l.replayer)
	if errors.Is(err, evidence.ErrNoEvidence) {
		return "no evidence"
	}
	if report.Err() != nil {
		return report.Checks[len(report.Checks)-1].Name
	}
	if report.Result != evidence.Same {
		return string(report.Result)
	}
	if _, err := r.CheckLogged(l.log, l.proof); err != nil {
		return "log"
	}
	return ""
}

func (l *loggedReceipt) audit(t *testing.T, jwt string) *evidence.Report {
	t.Helper()
	r, err := receipt.Verify(jwt, l.keys, sui.Address{0x5e})
	if err != nil {
		t.Fatal(err)
	}
	b := *l.bundle
	b.Receipt = jwt
	report, err := evidence.Audit(r, &b, l.replayer)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// An alteration is claims with one change.
type alteration struct {
	path    string // such as objects[1].digest
	removed bool
	claims  *receipt.Claims
}

// field is the path without indices.
func (a *alteration) field() string {
	var out []string
	for _, part := range strings.Split(a.path, ".") {
		name, _, _ := strings.Cut(part, "[")
		out = append(out, name)
	}
	return strings.Join(out, ".")
}

// alterations changes each value in the claims' JSON, leaves out each field, and
// leaves out or repeats each element of a list.
func alterations(t *testing.T, c receipt.Claims) (out []*alteration) {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	try := func(path string, removed bool, change func(tree map[string]any)) {
		tree := parseTree(t, raw)
		change(tree)
		b, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		changed := new(receipt.Claims)
		if err := json.Unmarshal(b, changed); err != nil {
			return // it can't be written at all
		}
		if again, _ := json.Marshal(changed); !bytes.Equal(again, raw) {
			out = append(out, &alteration{path, removed, changed})
		}
	}
	walk(parseTree(t, raw), "", func(tree map[string]any) map[string]any { return tree }, try)
	return out
}

func parseTree(t *testing.T, raw []byte) (tree map[string]any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// walk visits every value below an object; reach finds the object in another copy
// of the tree.
func walk(object map[string]any, prefix string, reach func(map[string]any) map[string]any, try func(string, bool, func(map[string]any))) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		path := prefix + name
		set := func(v any) func(map[string]any) { return func(tree map[string]any) { reach(tree)[name] = v } }
		try(path, true, func(tree map[string]any) { delete(reach(tree), name) })
		switch v := object[name].(type) {
		case string:
			for _, other := range otherStrings(v) {
				try(path, false, set(other))
			}
		case json.Number:
			n, _ := v.Int64()
			try(path, false, set(n+100_000))
		case map[string]any:
			walk(v, path+".", func(tree map[string]any) map[string]any { return reach(tree)[name].(map[string]any) }, try)
		case []any:
			for i := range v {
				try(path, true, set(slices.Delete(slices.Clone(v), i, i+1)))
				try(path, true, set(slices.Insert(slices.Clone(v), i, v[i])))
				element := func(tree map[string]any) map[string]any { return reach(tree)[name].([]any)[i].(map[string]any) }
				walk(v[i].(map[string]any), fmt.Sprintf("%s[%d].", path, i), element, try)
			}
		}
	}
}

// otherStrings are strings that differ from one in their first or last place, in
// ways of which one at least is of the same form.
func otherStrings(s string) []string {
	out := []string{s + "x"}
	for _, c := range "023EQ" {
		if n := len(s); n > 3 {
			out = append(out, s[:n-2]+string(c)+s[n-1:], s[:2]+string(c)+s[3:])
		}
	}
	return out
}

// A decision that was told the chain's time in place of its own is only right on a
// network whose clock is moved by hand, and there only that.
func TestReplayManualClock(t *testing.T) {
	s := newKeyServer(t)
	l := s.twoReceipts()[0]
	later := l.receipt.Claims
	later.TimeMS += time.Hour.Milliseconds()
	later.IssuedAt = jwt.NewNumericDate(time.UnixMilli(later.TimeMS))
	signed, err := receipt.Sign(s.key, &later)
	if err != nil {
		t.Fatal(err)
	}
	if r := l.audit(t, signed.Raw); r.Err() == nil || !strings.Contains(r.Err().Error(), "time: the evaluation was told 1970-01-01T00:00:05Z, the receipt is of 1970-01-01T01:00:05Z: it was told the chain's own time") {
		t.Errorf("%v", r.Err())
	}
	l.replayer.ManualClock = true
	if r := l.audit(t, signed.Raw); r.Err() != nil || r.Result != evidence.Same {
		t.Errorf("%v", r.Err())
	}
	s = newKeyServer(t)
	s.ahead = 100 * time.Second // the evaluation allows 120
	l = s.twoReceipts()[0]
	if r := l.audit(t, l.receipt.Raw); r.Err() != nil {
		t.Errorf("%v", r.Err())
	}
	l.replayer.ManualClock = true
	if r := l.audit(t, l.receipt.Raw); r.Err() == nil || !strings.Contains(r.Err().Error(), "it is told the chain's, which was 1970-01-01T00:00:04Z") {
		t.Errorf("%v", r.Err())
	}
}

// A decision over old state does not pass for a good one because the server allowed
// that.
func TestReplayStale(t *testing.T) {
	s := newKeyServer(t)
	s.ahead, s.allowed = time.Hour, 2*time.Hour
	f := s.answer(&situation{now: 4000, clauses: [][]condition{{{kind: 1}}}, members: map[person]bool{2: true}, nodes: []node{{}}, q: question{call: askPlain, who: 2}})
	r, err := receipt.Verify(f.jwt, f.keys, s.log.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	b, err := evidence.ParseBundle(f.bundle)
	if err != nil {
		t.Fatal(err)
	}
	report, err := evidence.Audit(r, b, evidence.NewReplayer())
	if err != nil || r.Decision != receipt.Release || report.Result != evidence.Differs || !strings.Contains(report.Err().Error(), "fresh: the chain's clock was 1h0m1s behind") {
		t.Errorf("%v, %+v", err, report)
	}
}
