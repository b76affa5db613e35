package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/cli"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/logproof"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/receipt/remote"
	"github.com/floe-data/floe/sdk/sui"
)

// A report is what the demo proves, step by step; demo --json prints it.
type report struct {
	OK        bool             `json:"ok"`
	Steps     []*stepResult    `json:"steps"`
	DatasetID string           `json:"dataset_id"`
	Version   uint64           `json:"version"`
	BlobIDs   []string         `json:"blob_ids"`
	PolicyID  string           `json:"policy_id"`
	Receipts  int64            `json:"receipts"`
	Rows      map[string]int64 `json:"rows"`
}

type stepResult struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	MS     int64  `json:"ms"`
	Detail string `json:"detail"`
}

// A story runs the main job from publish to audit on a network of its own.
type story struct {
	net    *localnet.Net
	sample string    // folder to publish
	work   string    // scratch folder
	tell   io.Writer // for people
	report *report

	owner, reader, stranger actor
	published               dataset.Published
}

// An actor is somebody with a key who runs floe.
type actor struct {
	name     string
	key      *sui.PrivateKey
	keystore string
}

// chapter is a step of the story: its title for people, and what it does. The
// string that it returns is the detail of its result.
type chapter struct {
	name, title string
	run         func(context.Context) (string, error)
}

func (s *story) chapters() []chapter {
	return []chapter{
		{"publish", "Ada publishes the sample dataset: encrypt, encode, store", s.publish},
		{"certify", "The chain holds a certified version", s.certify},
		{"index", "The index has it", s.index},
		{"open_allowed", "Ben, whom Ada allows, opens it", s.openAllowed},
		{"open_denied", "Cleo, a stranger, tries", s.openDenied},
		{"grant", "Ada grants Cleo access, and Cleo opens it", s.grant},
		{"revoke", "Ada revokes it, Cleo's next request is refused, and Ada sees who asked", s.revoke},
		{"replay", "Eve, an auditor with nothing but files, makes every decision again", s.replay},
		{"node_loss", "Storage nodes stop", s.nodeLoss},
		{"keyserver_loss", "A key server stops", s.keyServerLoss},
		{"tamper", "Somebody alters a stored sliver", s.tamper},
		{"sql", "SQL shows all of it", s.sql},
	}
}

// run tells the story. It stops at the first step that is not as it should be.
func (s *story) run(ctx context.Context) error {
	for _, a := range []struct {
		to   *actor
		name string
	}{{&s.owner, "ada"}, {&s.reader, "ben"}, {&s.stranger, "cleo"}} {
		k, path, err := s.net.Account(ctx, a.name)
		if err != nil {
			return fmt.Errorf("make account: %w", err)
		}
		*a.to = actor{a.name, k, path}
	}
	for _, c := range s.chapters() {
		fmt.Fprintf(s.tell, "\n%s\n", c.title)
		start := time.Now()
		detail, err := c.run(ctx)
		r := &stepResult{Name: c.name, OK: err == nil, MS: time.Since(start).Milliseconds(), Detail: detail}
		s.report.Steps = append(s.report.Steps, r)
		if err != nil {
			r.Detail = err.Error()
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintf(s.tell, "  ok in %.1f s: %s\n", float64(r.MS)/1000, detail)
	}
	s.report.OK = true
	return nil
}

// floe runs the command line as an actor and decodes its JSON answer into out.
// It returns the exit code.
func (s *story) floe(ctx context.Context, as actor, out any, args ...string) (int, error) {
	var stdout, stderr bytes.Buffer
	fmt.Fprintf(s.tell, "  %s$ floe", as.name)
	for _, a := range args {
		fmt.Fprintf(s.tell, " %s", shorten(a, s.work))
	}
	fmt.Fprintln(s.tell)
	env := map[string]string{"FLOE_HOME": s.net.Home, "FLOE_NETWORK": s.net.Network.Name, "FLOE_KEYSTORE": as.keystore}
	code := cli.Main(ctx, append(args, "--json"), cli.Streams{
		In: bytes.NewReader(nil), Out: &stdout, Err: &stderr, Getenv: func(k string) string { return env[k] }})
	if code != 0 && code != 3 {
		return code, fmt.Errorf("floe %s: exit code %d: %s", args[0], code, bytes.TrimSpace(stderr.Bytes()))
	}
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		return code, fmt.Errorf("floe %s: its answer is not one JSON object: %w", args[0], err)
	}
	return code, nil
}

// open opens the dataset as an actor into a fresh folder and demands that
// every byte equals the sample.
func (s *story) open(ctx context.Context, as actor, label string) (*dataset.Opened, error) {
	out := filepath.Join(s.work, label)
	var o dataset.Opened
	code, err := s.floe(ctx, as, &o, "open", s.published.Dataset.String(), "-o", out)
	if err != nil {
		return nil, err
	}
	if code != 0 {
		return nil, fmt.Errorf("%s was refused", as.name)
	}
	return &o, sameFolders(ctx, s.sample, out)
}

// refusalAnswer is what floe prints with --json when a policy says no.
type refusalAnswer struct {
	Error struct {
		Message string `json:"message"`
		Hint    string `json:"hint"`
	} `json:"error"`
	KeyServers []dataset.KeyAnswer `json:"key_servers"`
}

// refused demands that opening is refused by the policy with a reason, a
// remedy and a receipt from each key server, and that nothing is written.
func (s *story) refused(ctx context.Context, as actor, label string) (*refusalAnswer, error) {
	out := filepath.Join(s.work, label)
	var r refusalAnswer
	code, err := s.floe(ctx, as, &r, "open", s.published.Dataset.String(), "-o", out)
	switch {
	case err != nil:
		return nil, err
	case code != 3:
		return nil, fmt.Errorf("%s was not refused", as.name)
	case r.Error.Message == "" || r.Error.Hint == "":
		return nil, errors.New("the refusal does not say why or what would help")
	}
	fmt.Fprintf(s.tell, "  floe: %s\n  floe: hint: %s\n", r.Error.Message, shorten(r.Error.Hint, s.work))
	for _, k := range r.KeyServers {
		if k.Outcome != "refused" {
			return nil, fmt.Errorf("key server %s: %s", k.Name, k.Outcome)
		}
		if err := s.checkReceipt(ctx, as, k); err != nil {
			return nil, fmt.Errorf("receipt of %s: %w", k.Name, err)
		}
	}
	if len(r.KeyServers) != len(s.net.KeyServers) {
		return nil, fmt.Errorf("%d of %d key servers answered", len(r.KeyServers), len(s.net.KeyServers))
	}
	if _, err := os.Stat(out); err == nil {
		return nil, fmt.Errorf("the refused open wrote to %s", out)
	}
	return &r, nil
}

// checkReceipt demands that a refusal's receipt is signed by the server that
// gave it, says no, and names the requester to nobody but the requester.
func (s *story) checkReceipt(ctx context.Context, as actor, k dataset.KeyAnswer) error {
	raw, err := get(ctx, k.URL+"/.well-known/jwks.json")
	if err != nil {
		return err
	}
	keys, err := receipt.ParseKeySet(raw)
	if err != nil {
		return err
	}
	r, err := receipt.Verify(k.Receipt, keys, k.Server)
	switch {
	case err != nil:
		return err
	case r.Decision != receipt.Refuse || r.Reason == nil:
		return fmt.Errorf("it says %s", r.Decision)
	case k.Opening == nil || len(k.Opening.Salt) != 32:
		return errors.New("it came without the opening of its commitment")
	}
	opening := receipt.Opening{Salt: [32]byte(k.Opening.Salt), Requester: as.key.Address()}
	if err := opening.Check(&r.Claims); err != nil {
		return err
	}
	size, err := s.logSize(ctx, k, keys, r)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.tell, "  receipt %d of %s: %s, %s, at checkpoint %d, in the log at size %d, requester shown as %s\n",
		r.Sequence, k.Name, r.Decision, r.Reason.Code, r.Checkpoint.Sequence, size, r.RequesterCommitment)
	return nil
}

// logSize demands that a receipt gets into its server's public log, as was
// promised, and returns the size of the log that has it.
func (s *story) logSize(ctx context.Context, k dataset.KeyAnswer, keys *receipt.KeySet, r *receipt.Receipt) (uint64, error) {
	log, err := keys.Log(k.Server)
	if err != nil {
		return 0, err
	}
	server := &remote.Server{ID: k.Server, Name: k.Name, URL: k.URL}
	proof, err := waitFor(ctx, 20*time.Second, func() (*logproof.Proof, error) { return server.Proof(ctx, r.Sequence) })
	if err != nil {
		return 0, err
	}
	c, err := r.CheckLogged(log, proof)
	if err != nil {
		return 0, err
	}
	return c.Size, nil
}

// policyReceipts is what floe receipts list --policy --json prints.
type policyReceipts struct {
	KeyServers []struct {
		Name     string `json:"name"`
		Receipts []struct {
			Decision  receipt.Decision `json:"decision"`
			Requester sui.Address      `json:"requester"`
		} `json:"receipts"`
		Complete bool `json:"complete"`
		Audited  bool `json:"audited"`
	} `json:"key_servers"`
}

// account has the owner ask every key server who asked for keys, and demands
// that the answer is complete and names the stranger.
func (s *story) account(ctx context.Context) (string, error) {
	var all policyReceipts
	if _, err := s.floe(ctx, s.owner, &all, "receipts", "list", "--policy", s.published.Policy.String(), "--audit"); err != nil {
		return "", err
	}
	total, stranger := 0, 0
	for _, k := range all.KeyServers {
		if !k.Complete || !k.Audited {
			return "", fmt.Errorf("the receipts of %s are not complete", k.Name)
		}
		for _, r := range k.Receipts {
			total++
			if r.Requester == s.stranger.key.Address() {
				stranger++
			}
		}
	}
	if len(all.KeyServers) != len(s.net.KeyServers) || stranger == 0 {
		return "", fmt.Errorf("%d key servers account for %d requests, %d of them Cleo's", len(all.KeyServers), total, stranger)
	}
	return fmt.Sprintf("%d receipts about the policy, %d for Cleo, none missing in the logs of %d key servers", total, stranger, len(all.KeyServers)), nil
}

// sameFolders demands that two folders hold the same files, byte for byte.
func sameFolders(ctx context.Context, want, got string) error {
	a, err := dataset.Scan(ctx, want)
	if err != nil {
		return err
	}
	b, err := dataset.Scan(ctx, got)
	if err != nil {
		return err
	}
	if len(a) != len(b) {
		return fmt.Errorf("%d files came back instead of %d", len(b), len(a))
	}
	for i := range a {
		if a[i].Path != b[i].Path {
			return fmt.Errorf("file %s came back as %s", a[i].Path, b[i].Path)
		}
		x, err := os.ReadFile(filepath.Join(want, a[i].Path))
		if err != nil {
			return err
		}
		y, err := os.ReadFile(filepath.Join(got, b[i].Path))
		if err != nil {
			return err
		}
		if !bytes.Equal(x, y) {
			return fmt.Errorf("file %s came back with other bytes", a[i].Path)
		}
	}
	return nil
}

// ids are addresses and object ids in text.
var ids = regexp.MustCompile(`0x([0-9a-f]{8})[0-9a-f]{56}`)

// shorten makes text fit a line for people.
func shorten(text, work string) string {
	if rel, err := filepath.Rel(work, text); err == nil && filepath.IsAbs(text) && rel[0] != '.' {
		return rel
	}
	return ids.ReplaceAllString(text, "0x$1…")
}
