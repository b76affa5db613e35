package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/floe-data/floe/oracle/drill"
	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/tilelog"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// checkReceipts tries a copy of the journal and the log, as the drill does.
func (d *doctor) checkReceipts(ctx context.Context, svc keyserver.ServiceConfig) {
	path := filepath.Join(svc.JournalDir, journal.FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if d.knowsAll(d.seenByWitnesses(ctx, svc), 0) {
			d.ok("receipts", "there are none yet")
		}
		return
	}
	d.checkCosigned(svc)
	if d.quick {
		return
	}
	key, err := svc.Key.Current()
	if err != nil {
		return // has been told
	}
	sandbox, err := os.MkdirTemp("", "floe-doctor-")
	if err != nil {
		d.bad(fail, "receipts", "make room below "+os.TempDir(), "%v", err)
		return
	}
	defer os.RemoveAll(sandbox)
	seen := d.seenByWitnesses(ctx, svc) // before the receipts are counted, which grow
	r, err := drill.Run(ctx, drill.Config{JournalDir: svc.JournalDir, Issuer: svc.Issuer, Key: svc.ReceiptKey, Master: key, Rand: rand.Reader, Sandbox: sandbox, Progress: d.progress})
	if err != nil {
		d.bad(fail, "receipts", "run this as the server's user", "%v", err)
		return
	}
	for _, f := range r.Findings {
		d.bad(fail, "receipts", remedyOf(f.Code), "%s", f.Text)
	}
	if d.knowsAll(seen, r.Receipts) && len(r.Findings) == 0 {
		d.ok("receipts", "%d are whole, and the log has %d of them", r.Receipts, r.Logged)
	}
}

// remedyOf is what to do about a finding of the drill.
func remedyOf(code string) string {
	switch code {
	case "journal_damaged":
		return "restore receipts.jwt from a copy; do not serve from this one. If the key was exchanged, use the one that signed it"
	case "receipts_lost":
		return "restore the newer copy of receipts.jwt: this one would give the same numbers to other receipts"
	case "log_differs":
		return "find out who changed receipts.jwt or the log; witnesses and the anchor show which is right"
	case "not_logged":
		return "look at the server's log for why; if no server runs, start it"
	case "evidence_damaged", "evidence_lost":
		return "restore the folder evidence from a copy; without it the decisions of those receipts cannot be made again"
	}
	return "use the keys that belong to the journal"
}

// seenByWitnesses asks how much of the log the witnesses have cosigned.
func (d *doctor) seenByWitnesses(ctx context.Context, svc keyserver.ServiceConfig) []tilelog.Seen {
	policy, err := logproof.ParseWitnessPolicy(svc.WitnessPolicy)
	if err != nil || len(svc.WitnessPolicy) == 0 {
		return nil // checkWitnesses tells
	}
	seen, err := tilelog.AskWitnesses(ctx, policy, receipt.LogOrigin(svc.Issuer), svc.ReceiptKey)
	if err != nil {
		d.bad(fail, "witnesses", "make the keys anew with floe-oracle keygen", "%v", err)
	}
	return seen
}

// knowsAll compares what the witnesses have seen with how many receipts there are.
func (d *doctor) knowsAll(seen []tilelog.Seen, receipts uint64) bool {
	err := tilelog.CheckSeen(seen, receipts)
	if err != nil {
		d.bad(fail, "receipts", remedyOf("receipts_lost"), "%v", err)
	}
	return err == nil
}

// checkCosigned looks whether the published checkpoint has its witnesses.
func (d *doctor) checkCosigned(svc keyserver.ServiceConfig) {
	if len(svc.WitnessPolicy) == 0 {
		return
	}
	raw, err := os.ReadFile(filepath.Join(svc.JournalDir, tilelog.DirName, "checkpoint"))
	if err != nil {
		return // the drill tells
	}
	log, err := receipt.NewKeySet(svc.ReceiptKey.Public().(ed25519.PublicKey)).Log(svc.Issuer)
	var c *logproof.SignedCheckpoint
	if err == nil {
		c, err = log.Open(raw)
	}
	var policy *logproof.WitnessPolicy
	if err == nil {
		policy, err = logproof.ParseWitnessPolicy(svc.WitnessPolicy)
	}
	if err == nil {
		_, err = policy.Check(c)
	}
	if err != nil {
		d.bad(warn, "cosigned", "ask the operators of the witnesses whether they know this log", "%v", err)
		return
	}
	d.ok("cosigned", "enough witnesses cosigned the checkpoint of %d receipts", c.Size)
}

// checkWitnesses asks whether the witnesses can be reached. They answer a GET
// with an error, which is enough.
func (d *doctor) checkWitnesses(ctx context.Context) {
	b, err := d.cfg.witnesses()
	var policy *logproof.WitnessPolicy
	if err == nil && b != nil {
		policy, err = logproof.ParseWitnessPolicy(b)
	}
	if err != nil {
		d.bad(fail, "witnesses", "mend the file that witness_policy names", "%v", err)
		return
	}
	urls, names := policy.URLs()
	if len(urls) == 0 {
		d.bad(warn, "witnesses", "name some in witness_policy, or readers have only your word that they see the same log as others", "no witness cosigns the log")
	}
	for i, u := range urls {
		res, _, err := d.get(ctx, http.MethodGet, strings.TrimSuffix(u, "/"), nil)
		switch {
		case err != nil:
			d.bad(warn, "witnesses", "tell its operator, or check the address in witness_policy", "%s cannot be reached: %v", names[i], err)
		case res.StatusCode >= 500:
			d.bad(warn, "witnesses", "tell its operator", "%s answers with HTTP %d", names[i], res.StatusCode)
		default:
			d.ok("witnesses", "%s can be reached", names[i])
		}
	}
}

// anchorCost is what some anchorings cost, in MIST: below ten of it there is
// not much time left.
const anchorCost = 10_000_000

// checkAnchor looks whether the log can be anchored.
func (d *doctor) checkAnchor(ctx context.Context) {
	if d.cfg.AnchorSigner == "" {
		d.bad(warn, "anchor", "give anchor_signer and anchor_package, so that the log's head is on chain", "the log is not anchored")
		return
	}
	signer, err := firstKey(d.cfg.AnchorSigner)
	if err != nil {
		d.bad(fail, "anchor", "give a Sui keystore of mode 0600", "%v", err)
		return
	}
	if d.chain == nil {
		return
	}
	payer := signer.Address()
	balance, err := d.chain.Balance(ctx, payer, sui.SUIType())
	switch shown := fmt.Sprintf("%.3f SUI", float64(balance)/sui.MistPerSUI); {
	case err != nil:
		d.bad(warn, "anchor", "look at the full node", "the balance of %s is not known: %v", payer, err)
	case balance < anchorCost:
		d.bad(fail, "anchor", "send SUI to "+payer.String(), "%s has %s, not enough for gas", payer, shown)
	case balance < 10*anchorCost:
		d.bad(warn, "anchor", "send SUI to "+payer.String(), "%s has %s left", payer, shown)
	default:
		d.ok("anchor", "%s has %s for gas", payer, shown)
	}
	d.checkAnchorPackage(ctx)
	for _, svc := range d.services {
		d.service = svc.Name
		d.checkAnchorObject(ctx, svc)
	}
	d.service = ""
}

func (d *doctor) checkAnchorPackage(ctx context.Context) {
	pkg, err := d.chain.Package(ctx, d.cfg.AnchorPackage)
	if err != nil {
		d.bad(fail, "anchor", "give the id of the access package, newest version", "anchor_package: %v", err)
		return
	}
	if !slices.ContainsFunc(pkg.Modules, func(m sui.Module) bool { return m.Name == "anchors" }) {
		d.bad(fail, "anchor", "give the id of the access package, newest version", "package %s has no module anchors", d.cfg.AnchorPackage)
		return
	}
	obj, err := d.chain.Object(ctx, d.cfg.AnchorVersion)
	if err == nil && (obj.Move == nil || obj.Move.Type.Name != "PackageVersion") {
		err = fmt.Errorf("%s is something else", d.cfg.AnchorVersion)
	}
	if err != nil {
		d.bad(fail, "anchor", "give the id of the access package's Version object, access_version in the network's file", "anchor_version: %v", err)
	}
}

// checkAnchorObject looks whether the anchor that is remembered is of this log.
func (d *doctor) checkAnchorObject(ctx context.Context, svc keyserver.ServiceConfig) {
	state := filepath.Join(svc.JournalDir, "anchor")
	text, err := os.ReadFile(state)
	if errors.Is(err, fs.ErrNotExist) {
		d.ok("anchor", "there is none yet")
		return
	}
	var id sui.Address
	if err == nil {
		id, err = sui.ParseAddress(strings.TrimSpace(string(text)))
	}
	if err != nil {
		d.bad(fail, "anchor", "remove "+state+", and the server makes another anchor", "%v", err)
		return
	}
	obj, err := d.chain.Object(ctx, id)
	if errors.Is(err, suirpc.ErrNotFound) {
		d.bad(fail, "anchor", "remove "+state+", and the server makes another anchor", "anchor %s does not exist on this chain", id)
		return
	}
	var on *contract.Anchor
	if err == nil {
		on, err = contract.ParseAnchor(obj)
	}
	switch {
	case err != nil:
		d.bad(warn, "anchor", "look at the full node", "anchor %s cannot be read: %v", id, err)
	case on.Origin != receipt.LogOrigin(svc.Issuer) || string(on.PublicKey) != string(svc.ReceiptKey.Public().(ed25519.PublicKey)):
		d.bad(fail, "anchor", "remove "+state+", and the server makes another anchor", "anchor %s is of another log or key", id)
	default:
		head, _ := on.Head()
		d.ok("anchor", "%d receipts are anchored in %s", head.Size, id)
	}
}
