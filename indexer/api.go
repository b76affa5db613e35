package indexer

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	// apiTimeout bounds the work for one request; nodeTimeout its question to
	// the node.
	apiTimeout, nodeTimeout = 20 * time.Second, 2 * time.Second
)

// shown is how much a dataset's answer holds.
var shown = store.Limits{Versions: 1000, Blobs: 20_000, Grants: 10_000, Decisions: 1000}

// api builds the HTTP API. Errors are problem+json (RFC 9457); the OpenAPI
// description is at /openapi.json.
func (x *Indexer) api() http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Floe index", "1")
	cfg.Info.Description = "What Floe's contracts and key servers did, mirrored from the chain and from the key servers' signed logs."
	cfg.DocsPath = ""     // its page would load scripts from elsewhere
	cfg.CreateHooks = nil // no $schema in every answer
	cfg.SchemasPath = ""
	api := humago.New(mux, cfg)
	huma.Get(api, "/v1/status", x.getStatus, named("status", "Where the index stands"))
	huma.Get(api, "/v1/datasets", x.getDatasets, named("datasets", "Datasets, newest first"))
	huma.Get(api, "/v1/datasets/{id}", x.getDataset, named("dataset", "One dataset with versions, blobs, policies, grants and key decisions"))
	huma.Get(api, "/v1/datasets/{id}/lineage", x.getLineage, named("lineage", "What a dataset's versions were made from, and what was made from them"))
	huma.Get(api, "/v1/policies/{id}", x.getPolicy, named("policy", "A policy as of a checkpoint: clauses, offers, proposals, hold"))
	huma.Get(api, "/v1/income/{dataset}", x.getIncome, named("income", "What a dataset was sold for and earned"))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", x.ready)
	return http.TimeoutHandler(mux, apiTimeout, "the index took too long\n")
}

func named(id, summary string) func(*huma.Operation) {
	return func(o *huma.Operation) { o.OperationID, o.Summary = id, summary }
}

// ready answers 200 while checkpoints are being indexed.
func (x *Indexer) ready(w http.ResponseWriter, r *http.Request) {
	st, err := x.index()
	if err == nil {
		err = st.Ping(r.Context())
	}
	x.mu.Lock()
	if err == nil && !x.live {
		err = errors.Join(errors.New("not indexing"), x.ingestErr)
	}
	x.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

func (x *Indexer) index() (*store.Store, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.store == nil {
		return nil, fmt.Errorf("%w: not reached yet", store.ErrUnavailable)
	}
	return x.store, nil
}

// problem chooses the status of an error. What it says of the database is for the
// operator, not for whoever asks.
func (x *Indexer) problem(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound(err.Error() + "; check the id and the network, or wait until the index has caught up (see /v1/status)")
	case errors.Is(err, store.ErrUnavailable):
		return huma.Error503ServiceUnavailable("the index has no database at the moment; try again soon")
	}
	if !errors.Is(err, context.Canceled) { // whoever asked has gone
		x.log.Error("a question could not be answered", "error", err)
	}
	return huma.Error500InternalServerError("the index could not answer; its log says why")
}

// Status is the answer of /v1/status.
type Status struct {
	ChainID        string            `json:"chain_id" doc:"Digest of the genesis checkpoint, base58; empty until the node answered once"`
	Packages       []string          `json:"packages" doc:"Defining ids of the followed packages"`
	Indexing       bool              `json:"indexing" doc:"Whether checkpoints are being indexed right now"`
	Error          string            `json:"error,omitempty" doc:"Why they are not, or what is being retried"`
	Watermark      *StatusWatermark  `json:"watermark" doc:"The last indexed checkpoint"`
	Tip            *uint64           `json:"tip" doc:"The node's newest checkpoint; null when the node does not answer"`
	LagCheckpoints *int64            `json:"lag_checkpoints" doc:"Tip minus watermark"`
	LagMS          *int64            `json:"lag_ms" doc:"Age of the last indexed checkpoint; grows on a chain that stands still"`
	KeyServers     []StatusKeyServer `json:"key_servers"`
	Rows           map[string]int64  `json:"rows" doc:"Rows by table; of large ones estimated"`
}

// StatusWatermark is the last indexed checkpoint.
type StatusWatermark struct {
	Checkpoint int64     `json:"checkpoint"`
	Time       time.Time `json:"time"`
	Digest     string    `json:"digest"`
}

// StatusKeyServer is a key server. An independent one has a receipt log, a committee
// has one for each member.
type StatusKeyServer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url" doc:"Empty for a committee"`
	StatusLog
	Members []StatusMember `json:"members,omitempty" doc:"Who is or was a member of the committee, by party"`
}

// StatusMember is somebody who is or was a member of a committee.
type StatusMember struct {
	Member string     `json:"member" doc:"Address"`
	Party  int32      `json:"party_id"`
	Name   string     `json:"name"`
	URL    string     `json:"url"`
	Left   *time.Time `json:"left,omitempty" doc:"When it left"`
	StatusLog
}

// StatusLog is how far a receipt log was read.
type StatusLog struct {
	Sequence int64      `json:"receipts" doc:"Number of the last receipt that was read"`
	Checked  int64      `json:"checked" doc:"Number of the last one that a signed checkpoint of the log was compared with"`
	Faults   int64      `json:"faults,omitempty" doc:"How many kinds of faults the log showed, see the table receipt_fault; receipts that did not verify are not among them"`
	LastOK   *time.Time `json:"last_ok" doc:"When the server last answered"`
	Error    string     `json:"error,omitempty" doc:"Why its receipts cannot be read at the moment"`
}

type statusAnswer struct{ Body Status }

func (x *Indexer) getStatus(ctx context.Context, _ *struct{}) (*statusAnswer, error) {
	st, err := x.index()
	if err != nil {
		return nil, x.problem(err)
	}
	out := Status{Packages: x.packageIDs(), KeyServers: []StatusKeyServer{}}
	mark, err := st.Watermark(ctx)
	if err != nil {
		return nil, x.problem(err)
	}
	if out.Rows, err = st.Counts(ctx); err != nil {
		return nil, x.problem(err)
	}
	servers, err := st.KeyServers(ctx)
	if err != nil {
		return nil, x.problem(err)
	}
	logs, err := st.Logs(ctx)
	if err != nil {
		return nil, x.problem(err)
	}
	x.fillStatus(&out, servers, logs)
	nctx, cancel := context.WithTimeout(ctx, nodeTimeout)
	defer cancel()
	if info, err := x.client.ServiceInfo(nctx); err == nil {
		out.Tip = &info.Tip
	}
	if mark != nil {
		out.Watermark = &StatusWatermark{Checkpoint: mark.Checkpoint, Time: mark.Time, Digest: mark.Digest.String()}
		age := x.cfg.ChainTime().Sub(mark.Time).Milliseconds()
		out.LagMS = &age
		if out.Tip != nil {
			lag := max(int64(*out.Tip)-mark.Checkpoint, 0)
			out.LagCheckpoints = &lag
		}
	}
	return &statusAnswer{out}, nil
}

func (x *Indexer) fillStatus(out *Status, servers []store.KeyServer, logs []store.Log) {
	x.mu.Lock()
	defer x.mu.Unlock()
	out.ChainID, out.Indexing = x.chainID, x.live
	if x.ingestErr != nil {
		out.Error = x.ingestErr.Error()
	}
	at := map[string]int{}
	for i, s := range servers {
		at[s.ID] = i
		out.KeyServers = append(out.KeyServers, StatusKeyServer{ID: s.ID, Name: s.Name, URL: s.URL})
	}
	for _, l := range logs {
		i, known := at[l.KeyServer]
		switch s := x.logStatus(l); {
		case !known: // registered a moment ago
		case l.Member == "":
			out.KeyServers[i].StatusLog = s
		default:
			out.KeyServers[i].Members = append(out.KeyServers[i].Members, StatusMember{l.Member, *l.Party, l.Name, l.URL, l.Left, s})
		}
	}
}

// logStatus needs x.mu.
func (x *Indexer) logStatus(l store.Log) StatusLog {
	out := StatusLog{Sequence: l.Sequence, Checked: l.Checked, Faults: l.Faults}
	if r, ok := x.receipts[l.LogID]; ok {
		if !r.lastOK.IsZero() {
			out.LastOK = &r.lastOK
		}
		if r.err != nil {
			out.Error = brief(r.err)
		}
	}
	return out
}

// Dataset is a dataset in a list.
type Dataset struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Owner         string     `json:"owner"`
	Created       time.Time  `json:"created"`
	Checkpoint    int64      `json:"checkpoint"`
	Versions      int64      `json:"version_count" doc:"How many versions are published"`
	LatestNumber  *int64     `json:"latest_number" doc:"Number of the newest version"`
	LatestVersion *time.Time `json:"latest_published" doc:"When the newest version was published"`
}

type datasetsQuery struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"Size of the page"`
	Cursor string `query:"cursor" maxLength:"64" doc:"The next of the page before"`
}

type datasetsAnswer struct {
	Body struct {
		Datasets []Dataset `json:"datasets"`
		Next     string    `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
	}
}

func (x *Indexer) getDatasets(ctx context.Context, in *datasetsQuery) (*datasetsAnswer, error) {
	before, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	st, err := x.index()
	if err != nil {
		return nil, x.problem(err)
	}
	found, err := st.Datasets(ctx, before, in.Limit+1)
	if err != nil {
		return nil, x.problem(err)
	}
	out := &datasetsAnswer{}
	out.Body.Datasets = []Dataset{}
	for i, d := range found {
		if i == in.Limit {
			out.Body.Next = cursor(found[i-1].Position)
			break
		}
		out.Body.Datasets = append(out.Body.Datasets, summary(d))
	}
	return out, nil
}

func summary(d store.Dataset) Dataset {
	return Dataset{ID: d.ID, Name: d.Name, Owner: d.Owner, Created: d.Created, Checkpoint: d.Checkpoint, Versions: d.Versions,
		LatestNumber: d.LatestNumber, LatestVersion: d.LatestVersion}
}

// A cursor is opaque to clients: base64url of the position of the last row.
func cursor(p store.Position) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "1.%d.%d.%d", p.Checkpoint, p.TxIndex, p.Number))
}

func parseCursor(s string) (store.Position, error) {
	if s == "" {
		return store.End, nil
	}
	var p store.Position
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "1.%d.%d.%d", &p.Checkpoint, &p.TxIndex, &p.Number)
	}
	if err != nil || cursor(p) != s {
		return p, errors.New("cursor is not one that this index gave: take it from next, or leave it out for the first page")
	}
	return p, nil
}

type datasetQuery struct {
	ID string `path:"id" maxLength:"66" doc:"Object id of the dataset"`
}

// DatasetDetails is the answer of /v1/datasets/{id}.
type DatasetDetails struct {
	Dataset
	Releases  []Version     `json:"versions" doc:"The newest versions, at most 1000, oldest first"`
	Policies  []Policy      `json:"policies" doc:"The policies that guard them"`
	Truncated bool          `json:"truncated,omitempty" doc:"Whether there are more versions, blobs or grants than are shown: at most 20000 blobs and the newest 10000 grants"`
	Decisions []KeyDecision `json:"key_decisions" doc:"What key servers decided about these policies, newest first, at most 1000"`
}

// Version is a published version.
type Version struct {
	ID             string    `json:"id"`
	Number         int64     `json:"number"`
	ManifestDigest string    `json:"manifest_digest" doc:"SHA-256 of the canonical manifest, hex"`
	ManifestBlobID string    `json:"manifest_blob_id"`
	PolicyID       string    `json:"policy_id"`
	Published      time.Time `json:"published"`
	Checkpoint     int64     `json:"checkpoint"`
	Blobs          []Blob    `json:"blobs"`
}

// Blob is a blob of a version.
type Blob struct {
	ID             string  `json:"id"`
	Size           *string `json:"size" doc:"Unencoded size in bytes; null when its registration is not indexed"`
	CertifiedEpoch *int64  `json:"certified_epoch" doc:"Committee epoch of its newest certificate"`
	EndEpoch       *int64  `json:"end_epoch" doc:"First committee epoch in which it is no longer stored"`
	Weight         *int32  `json:"weight" doc:"Shards behind the certificate"`
}

// Policy is an access policy with the history of its allow-list.
type Policy struct {
	ID          string    `json:"id"`
	Owner       string    `json:"owner"`
	NotBeforeMS *string   `json:"not_before_ms" doc:"Unix ms; null is unbounded"`
	NotAfterMS  *string   `json:"not_after_ms" doc:"Unix ms; null is unbounded"`
	Created     time.Time `json:"created"`
	Checkpoint  int64     `json:"checkpoint"`
	Grants      []Grant   `json:"grants"`
}

// Grant is a stay on an allow-list.
type Grant struct {
	Member            string     `json:"member"`
	Granted           time.Time  `json:"granted"`
	Checkpoint        int64      `json:"checkpoint"`
	Revoked           *time.Time `json:"revoked"`
	RevokedCheckpoint *int64     `json:"revoked_checkpoint"`
}

// KeyDecision is one receipt of a key server.
type KeyDecision struct {
	KeyServerID         string     `json:"key_server_id"`
	KeyServerName       string     `json:"key_server"`
	Member              string     `json:"member,omitempty" doc:"The committee's member who decided; absent for an independent key server"`
	MemberName          *string    `json:"member_name,omitempty"`
	Sequence            int64      `json:"seq"`
	PolicyID            string     `json:"policy_id"`
	Decision            string     `json:"decision" enum:"release,refuse,unreadable"`
	Reason              *string    `json:"reason"`
	Rule                *string    `json:"rule"`
	RequesterCommitment *string    `json:"requester_commitment"`
	Checkpoint          *int64     `json:"checkpoint"`
	DecidedAt           *time.Time `json:"decided_at"`
	Verified            bool       `json:"verified"`
	Problem             *string    `json:"problem" doc:"Why the receipt did not verify"`
	JWT                 string     `json:"jwt" doc:"The receipt itself"`
}

type datasetAnswer struct{ Body DatasetDetails }

func (x *Indexer) getDataset(ctx context.Context, in *datasetQuery) (*datasetAnswer, error) {
	id, err := sui.ParseAddress(in.ID)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("dataset id: %v", err))
	}
	st, err := x.index()
	if err != nil {
		return nil, x.problem(err)
	}
	d, err := st.Dataset(ctx, id.String(), shown)
	if err != nil {
		return nil, x.problem(err)
	}
	out := details(d)
	out.Truncated = int64(len(d.Versions)) < d.Dataset.Versions || len(d.Blobs) == shown.Blobs || len(d.Grants) == shown.Grants
	return &datasetAnswer{out}, nil
}

func details(d *store.Details) DatasetDetails {
	out := DatasetDetails{Dataset: summary(d.Dataset), Releases: []Version{}, Policies: []Policy{}, Decisions: []KeyDecision{}}
	blobs := map[string][]Blob{}
	for _, b := range d.Blobs {
		blobs[b.VersionID] = append(blobs[b.VersionID], Blob{ID: b.ID, Size: b.Size, CertifiedEpoch: b.Epoch, EndEpoch: b.EndEpoch, Weight: b.Weight})
	}
	for _, v := range d.Versions {
		out.Releases = append(out.Releases, Version{ID: v.ID, Number: v.Number, ManifestDigest: v.ManifestDigest, ManifestBlobID: v.ManifestBlobID,
			PolicyID: v.PolicyID, Published: v.Published, Checkpoint: v.Checkpoint, Blobs: blobs[v.ID]})
	}
	grants := map[string][]Grant{}
	for _, g := range d.Grants {
		grants[g.PolicyID] = append(grants[g.PolicyID], Grant{Member: g.Member, Granted: g.Granted, Checkpoint: g.Checkpoint,
			Revoked: g.Revoked, RevokedCheckpoint: g.RevokedCheckpoint})
	}
	for _, p := range d.Policies {
		out.Policies = append(out.Policies, Policy{ID: p.ID, Owner: p.Owner, NotBeforeMS: p.NotBeforeMS, NotAfterMS: p.NotAfter,
			Created: p.Created, Checkpoint: p.Checkpoint, Grants: append([]Grant{}, grants[p.ID]...)})
	}
	for _, k := range d.Decisions {
		out.Decisions = append(out.Decisions, KeyDecision(k))
	}
	return out
}
