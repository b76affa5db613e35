package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func (s *story) publish(ctx context.Context) (string, error) {
	if _, err := s.floe(ctx, s.owner, &s.published, "publish", s.sample); err != nil {
		return "", err
	}
	p := &s.published
	s.report.DatasetID, s.report.Version, s.report.PolicyID = p.Dataset.String(), p.Version, p.Policy.String()
	for _, b := range p.Blobs {
		s.report.BlobIDs = append(s.report.BlobIDs, b.String())
	}
	var granted map[string]any
	if _, err := s.floe(ctx, s.owner, &granted, "policy", "grant", p.Dataset.String(), s.reader.key.Address().String()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files, %.1f MB, encrypted into %d blobs on %d storage nodes; policy %s, %d of %d key servers",
		p.Files, float64(p.PlainBytes)/1e6, len(p.Blobs), len(s.net.Storage), shorten(p.Policy.String(), s.work), s.net.Network.Threshold, len(s.net.KeyServers)), nil
}

// certify reads the version object from the chain, as any third party can.
func (s *story) certify(ctx context.Context) (string, error) {
	chain, err := suirpc.Dial(ctx, s.net.Network.URL)
	if err != nil {
		return "", err
	}
	defer chain.Close()
	v, err := dataset.FindVersion(ctx, chain, s.net.Network, s.published.Dataset, s.published.Version)
	if err != nil {
		return "", err
	}
	if len(v.Blobs) != len(s.published.Blobs) {
		return "", fmt.Errorf("version %s holds %d blobs instead of %d", v.ID, len(v.Blobs), len(s.published.Blobs))
	}
	for i, b := range v.Blobs {
		if b.CertifiedEpoch == nil || b.BlobID != s.published.Blobs[i] {
			return "", fmt.Errorf("blob %s is not certified on chain", s.published.Blobs[i])
		}
	}
	done, err := chain.Transaction(ctx, s.published.Transaction)
	if err != nil {
		return "", err
	}
	signers, weight := 0, 0
	for _, e := range done.Events {
		if c, err := contract.DecodeEvent(e, dataset.Packages(s.net.Network)); err == nil {
			if c, ok := c.(*contract.BlobCertified); ok {
				signers, weight = len(c.Signers), int(c.Weight)
			}
		}
	}
	return fmt.Sprintf("%d blobs certified; the last by %d nodes with %d of 100 shards, checked by BLS12-381 in Move; checkpoint %d", len(v.Blobs), signers, weight, *done.Checkpoint), nil
}

// index waits until the index has the version, then compares what it says.
func (s *story) index(ctx context.Context) (string, error) {
	url := s.net.Network.Indexer + "/v1/datasets/" + s.published.Dataset.String()
	_, err := waitFor(ctx, 20*time.Second, func() ([]byte, error) {
		body, err := get(ctx, url)
		if err == nil && !(strings.Contains(string(body), s.published.VersionObject.String()) && strings.Contains(string(body), s.published.Policy.String())) {
			err = fmt.Errorf("%s does not name the version and its policy", url)
		}
		return body, err
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("GET /v1/datasets/%s names version, blobs and policy", shorten(s.published.Dataset.String(), s.work)), nil
}

func (s *story) openAllowed(ctx context.Context) (string, error) {
	o, err := s.open(ctx, s.reader, "ben")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files, %.1f MB, every byte equal; keys from %s", len(o.Files), float64(o.Bytes)/1e6, releasedBy(o)), nil
}

func (s *story) openDenied(ctx context.Context) (string, error) {
	r, err := s.refused(ctx, s.stranger, "cleo-refused")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("refused by %d key servers, who say why and what would help; each signed a receipt", len(r.KeyServers)), nil
}

func (s *story) grant(ctx context.Context) (string, error) {
	var granted map[string]any
	if _, err := s.floe(ctx, s.owner, &granted, "policy", "grant", s.published.Dataset.String(), s.stranger.key.Address().String()); err != nil {
		return "", err
	}
	o, err := s.open(ctx, s.stranger, "cleo")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files, every byte equal", len(o.Files)), nil
}

func (s *story) revoke(ctx context.Context) (string, error) {
	var revoked map[string]any
	if _, err := s.floe(ctx, s.owner, &revoked, "policy", "revoke", s.published.Dataset.String(), s.stranger.key.Address().String()); err != nil {
		return "", err
	}
	r, err := s.refused(ctx, s.stranger, "cleo-again")
	if err != nil {
		return "", err
	}
	accounted, err := s.account(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("refused by %d key servers; %s", len(r.KeyServers), accounted), nil
}

// replay has the owner hand all receipts of the policy with their evidence to
// somebody without a wallet or a network, who runs the policy's code over them.
func (s *story) replay(ctx context.Context) (string, error) {
	folder, keys := filepath.Join(s.work, "audit"), filepath.Join(s.work, "keys")
	var saved map[string]any
	if _, err := s.floe(ctx, s.owner, &saved, "receipts", "list", "--policy", s.published.Policy.String(), "--save", folder); err != nil {
		return "", err
	}
	if err := os.CopyFS(keys, os.DirFS(filepath.Join(s.net.Home, "receipts", "keys"))); err != nil {
		return "", err
	}
	var all struct {
		Summary struct{ Receipts, Same int }
	}
	if _, err := s.floe(ctx, actor{name: "eve"}, &all, "replay", "--all", folder, "--keys", keys, "--network", "none"); err != nil {
		return "", err
	}
	if all.Summary.Same == 0 || all.Summary.Same != all.Summary.Receipts {
		return "", fmt.Errorf("%d of %d decisions are the same", all.Summary.Same, all.Summary.Receipts)
	}
	return fmt.Sprintf("the policy's code says the same as all %d receipts, over the objects that the key servers read", all.Summary.Same), nil
}

// nodeLoss stops as many storage nodes as the code stands: 3 of 10.
func (s *story) nodeLoss(ctx context.Context) (string, error) {
	var names []string
	for _, i := range []int{0, 4, 8} {
		if err := s.net.Storage[i].Stop(); err != nil {
			return "", err
		}
		names = append(names, s.net.Storage[i].Name)
	}
	fmt.Fprintf(s.tell, "  stopped: %s\n", strings.Join(names, ", "))
	o, err := s.open(ctx, s.reader, "ben-node-loss")
	if err != nil {
		return "", err
	}
	if len(o.Storage.Unreachable) == 0 {
		return "", errors.New("the stopped nodes were not noticed")
	}
	return fmt.Sprintf("%d of %d nodes stopped, every byte equal", len(names), len(s.net.Storage)), nil
}

func (s *story) keyServerLoss(ctx context.Context) (string, error) {
	k := s.net.KeyServers[0]
	if err := k.Stop(); err != nil {
		return "", err
	}
	fmt.Fprintf(s.tell, "  stopped: %s\n", k.Name)
	o, err := s.open(ctx, s.reader, "ben-keyserver-loss")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s stopped too, every byte equal; keys from %s", k.Name, releasedBy(o)), nil
}

// tamper flips one bit of one sliver on the disk of a running node.
func (s *story) tamper(ctx context.Context) (string, error) {
	node := s.net.Storage[1]
	blob := s.published.Blobs[0]
	path, pair, err := node.AnySliver(blob)
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return "", err
	}
	fmt.Fprintf(s.tell, "  flipped one bit of %s on %s\n", filepath.Base(path), node.Name)
	var checked dataset.Checked
	if _, err := s.floe(ctx, s.reader, &checked, "check", s.published.Dataset.String()); err != nil {
		return "", err
	}
	if len(checked.BadSlivers) != 1 || checked.BadSlivers[0].Node != node.Name || checked.BadSlivers[0].Pair != pair || checked.BadSlivers[0].Blob != blob {
		return "", fmt.Errorf("the check found %+v instead of sliver pair %d of blob %s on %s", checked.BadSlivers, pair, blob, node.Name)
	}
	bad := checked.BadSlivers[0]
	if _, err := s.open(ctx, s.reader, "ben-tamper"); err != nil {
		return "", err
	}
	return fmt.Sprintf("found among %d slivers: %s sliver of pair %d, shard %d, on %s; opening works, every byte equal", checked.Slivers, bad.Axis, bad.Pair, bad.Shard, bad.Node), nil
}

// tables are what the index fills, with what a person calls a row.
var tables = []string{"event", "blob_certificate", "storage_committee", "dataset", "dataset_version", "policy", "policy_grant", "key_server", "key_decision"}

// sql waits until every receipt of the key servers is in the index, then
// counts.
func (s *story) sql(ctx context.Context) (string, error) {
	db, err := pgx.Connect(ctx, s.net.DatabaseURL)
	if err != nil {
		return "", fmt.Errorf("connect to the index: %w", err)
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, "set search_path to "+localnet.Schema); err != nil {
		return "", fmt.Errorf("connect to the index: %w", err)
	}
	_, err = waitFor(ctx, 20*time.Second, func() (int64, error) {
		want := int64(s.net.ReceiptCount()) // a slow server may still be writing one
		err := db.QueryRow(ctx, "select count(*) from key_decision").Scan(&s.report.Receipts)
		if err == nil && s.report.Receipts != want {
			err = fmt.Errorf("the index has %d of %d receipts", s.report.Receipts, want)
		}
		return s.report.Receipts, err
	})
	if err != nil {
		return "", err
	}
	s.report.Rows = map[string]int64{}
	for _, t := range tables {
		var n int64
		if err := db.QueryRow(ctx, "select count(*) from "+pgx.Identifier{t}.Sanitize()).Scan(&n); err != nil {
			return "", err
		}
		if n == 0 {
			return "", fmt.Errorf("table %s is empty", t)
		}
		s.report.Rows[t] = n
	}
	return s.decisions(ctx, db)
}

// decisions prints the key decisions about the dataset's policy, by SQL.
func (s *story) decisions(ctx context.Context, db *pgx.Conn) (string, error) {
	const query = `select decision, coalesce(reason, ''), count(*) from key_decision where policy_id = $1 and verified group by 1, 2 order by 1, 2`
	rows, err := db.Query(ctx, query, s.published.Policy.String())
	if err != nil {
		return "", fmt.Errorf("query key decisions: %w", err)
	}
	defer rows.Close()
	fmt.Fprintf(s.tell, "  sql> %s\n", query)
	seen := map[string]int64{}
	for rows.Next() {
		var decision, reason string
		var n int64
		if err := rows.Scan(&decision, &reason, &n); err != nil {
			return "", err
		}
		fmt.Fprintf(s.tell, "       %-8s %-48s %d\n", decision, reason, n)
		seen[decision] += n
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	if seen["release"] == 0 || seen["refuse"] == 0 || seen["release"]+seen["refuse"] != s.report.Receipts {
		return "", fmt.Errorf("key decisions %v do not add up to %d verified receipts", seen, s.report.Receipts)
	}
	return fmt.Sprintf("%d rows in %d tables; %d key decisions: %d releases, %d refusals", total(s.report.Rows), len(tables), s.report.Receipts, seen["release"], seen["refuse"]), nil
}

func total(rows map[string]int64) (n int64) {
	for _, v := range rows {
		n += v
	}
	return n
}

func releasedBy(o *dataset.Opened) string {
	var names []string
	for _, k := range o.KeyServers {
		if k.Outcome == "released" {
			names = append(names, k.Name)
		}
	}
	return strings.Join(names, ", ")
}

// waitFor repeats f until it succeeds or the time is over.
func waitFor[T any](ctx context.Context, limit time.Duration, f func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		v, err := f()
		if err == nil {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return v, fmt.Errorf("waited %v: %w", limit, err)
		case <-tick.C:
		}
	}
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var raw json.RawMessage
	if err := json.NewDecoder(res.Body).Decode(&raw); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return raw, nil
}
