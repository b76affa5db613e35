package indexer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/sui"
)

// maxNodes is how many versions an answer about lineage holds.
const maxNodes = 2000

type lineageQuery struct {
	ID    string `path:"id" maxLength:"66" doc:"Object id of the dataset"`
	Steps int    `query:"steps" default:"16" minimum:"0" maximum:"64" doc:"How far to go up and down"`
}

type lineageAnswer struct {
	Body struct {
		DatasetID string        `json:"dataset_id"`
		Nodes     []LineageNode `json:"nodes" doc:"The dataset's versions, then the others, nearest first"`
		Truncated bool          `json:"truncated" doc:"Whether there are more nodes than are shown"`
	}
}

// LineageNode is a version in the lineage.
type LineageNode struct {
	ID        string         `json:"id"`
	Relation  string         `json:"relation" enum:"self,ancestor,descendant"`
	Steps     int32          `json:"steps" doc:"The fewest edges to a version of the dataset"`
	DatasetID *string        `json:"dataset_id" doc:"Null for a version that was never recorded in the lineage"`
	Number    *string        `json:"number"`
	Kind      *string        `json:"kind" enum:"dataset,transform,training,model,inference service,unknown"`
	Depth     *string        `json:"depth" doc:"Edges on the longest way to a version without parents"`
	PolicyID  *string        `json:"policy_id"`
	Revoked   bool           `json:"revoked" doc:"Whether it was revoked itself; look at its ancestors, too"`
	Held      bool           `json:"held" doc:"Whether a hold stands"`
	Parents   []store.Parent `json:"parents" doc:"What it was made from; the weights sum to 10000"`
}

var nodeKinds = []string{"dataset", "transform", "training", "model", "inference service"}

func (x *Indexer) getLineage(ctx context.Context, in *lineageQuery) (*lineageAnswer, error) {
	st, id, err := x.lookup(in.ID, "dataset")
	if err != nil {
		return nil, err
	}
	nodes, err := st.Lineage(ctx, id, in.Steps, maxNodes+1)
	if err != nil {
		return nil, x.problem(err)
	}
	out := &lineageAnswer{}
	out.Body.DatasetID, out.Body.Nodes = id, []LineageNode{}
	out.Body.Truncated = len(nodes) > maxNodes
	for _, n := range nodes[:min(len(nodes), maxNodes)] {
		out.Body.Nodes = append(out.Body.Nodes, LineageNode{ID: n.VersionID, Relation: n.Relation, Steps: n.Steps, DatasetID: n.DatasetID, Number: n.Number,
			Kind: kindName(n.Kind), Depth: n.Depth, PolicyID: n.PolicyID, Revoked: n.Revoked, Held: n.Held, Parents: n.Parents})
	}
	return out, nil
}

func kindName(kind *int16) *string {
	if kind == nil {
		return nil
	}
	name := "unknown"
	if k := int(*kind); k >= 0 && k < len(nodeKinds) {
		name = nodeKinds[k]
	}
	return &name
}

// lookup parses an id and finds the index.
func (x *Indexer) lookup(text, what string) (*store.Store, string, error) {
	id, err := sui.ParseAddress(text)
	if err != nil {
		return nil, "", huma.Error422UnprocessableEntity(fmt.Sprintf("%s id: %v", what, err))
	}
	st, err := x.index()
	if err != nil {
		return nil, "", x.problem(err)
	}
	return st, id.String(), nil
}

type policyQuery struct {
	ID         string `path:"id" maxLength:"66" doc:"Object id of the policy"`
	Checkpoint int64  `query:"checkpoint" default:"-1" minimum:"-1" doc:"As it was when this checkpoint was over; -1 for the newest that is indexed"`
}

// PolicyState is the answer of /v1/policies/{id}.
type PolicyState struct {
	ID            string                      `json:"policy_id"`
	AsOf          int64                       `json:"as_of" doc:"Checkpoint"`
	Owner         string                      `json:"owner"`
	Payee         string                      `json:"payee" doc:"Who is paid for passes"`
	DelayMS       string                      `json:"delay_ms" doc:"How long changes that widen it wait"`
	Frozen        bool                        `json:"is_frozen" doc:"Whether nothing can widen it any more"`
	Hold          string                      `json:"hold" enum:"none,stands,lifted" doc:"Legal hold; one that was lifted stands until hold_ends_at_ms"`
	HoldEndsAtMS  *string                     `json:"hold_ends_at_ms"`
	Holders       []string                    `json:"holders" doc:"Who can place a hold, hold_threshold of them"`
	HoldThreshold string                      `json:"hold_threshold"`
	Delegates     []string                    `json:"delegates" doc:"Who may add and remove members"`
	MemberCount   int64                       `json:"member_count"`
	Clauses       map[string][]map[string]any `json:"clauses" doc:"By number: any clause lets in whoever meets all its rules"`
	Offers        map[string]map[string]any   `json:"offers" doc:"Passes for sale, by number"`
	Proposals     map[string]map[string]any   `json:"proposals" doc:"Changes that were announced and wait, by number"`
}

type policyAnswer struct{ Body PolicyState }

func (x *Indexer) getPolicy(ctx context.Context, in *policyQuery) (*policyAnswer, error) {
	st, id, err := x.lookup(in.ID, "policy")
	if err != nil {
		return nil, err
	}
	mark, err := st.Watermark(ctx)
	if err != nil {
		return nil, x.problem(err)
	}
	at := in.Checkpoint
	switch {
	case mark == nil:
		return nil, x.problem(fmt.Errorf("read policy %s: %w", id, store.ErrNotFound))
	case at == -1:
		at = mark.Checkpoint
	case at > mark.Checkpoint:
		return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("checkpoint %d is not indexed yet, the newest is %d", at, mark.Checkpoint))
	}
	raw, err := st.PolicyAsOf(ctx, id, at)
	if err != nil {
		return nil, x.problem(err)
	}
	out := &policyAnswer{}
	if err := json.Unmarshal(raw, &out.Body); err != nil {
		return nil, x.problem(fmt.Errorf("read policy %s: %w", id, err))
	}
	return out, nil
}

// IncomeState is the answer of /v1/income/{dataset}.
type IncomeState struct {
	DatasetID  string           `json:"dataset_id"`
	Credits    []IncomeCredit   `json:"credits" doc:"What payees were credited for this dataset's versions, sold themselves or as ancestors of what was sold"`
	Sales      []IncomeSales    `json:"sales" doc:"Payments for this dataset's own versions"`
	Mismatches []IncomeMismatch `json:"mismatches" doc:"Sales in which the shares do not sum to the payment; empty unless contract or index are wrong"`
}

// IncomeCredit is a payee's credit in one coin.
type IncomeCredit struct {
	TreasuryID string  `json:"treasury_id"`
	CoinType   *string `json:"coin_type"`
	Payee      string  `json:"payee"`
	Sales      int64   `json:"sales"`
	Amount     string  `json:"amount" doc:"In the coin's smallest unit"`
}

// IncomeSales sums up payments in one coin.
type IncomeSales struct {
	TreasuryID string `json:"treasury_id"`
	Action     string `json:"action" enum:"escrowed,settled,refunded"`
	Count      int64  `json:"count"`
	Amount     string `json:"amount"`
}

// IncomeMismatch is money that does not add up.
type IncomeMismatch struct {
	What   string `json:"what"`
	ID     string `json:"id"`
	SumIn  string `json:"sum_in"`
	SumOut string `json:"sum_out"`
}

type incomeQuery struct {
	Dataset string `path:"dataset" maxLength:"66" doc:"Object id of the dataset"`
}

type incomeAnswer struct{ Body IncomeState }

func (x *Indexer) getIncome(ctx context.Context, in *incomeQuery) (*incomeAnswer, error) {
	st, id, err := x.lookup(in.Dataset, "dataset")
	if err != nil {
		return nil, err
	}
	income, err := st.Income(ctx, id)
	if err != nil {
		return nil, x.problem(err)
	}
	out := &incomeAnswer{IncomeState{DatasetID: id, Credits: []IncomeCredit{}, Sales: []IncomeSales{}, Mismatches: []IncomeMismatch{}}}
	for _, c := range income.Credits {
		out.Body.Credits = append(out.Body.Credits, IncomeCredit(c))
	}
	for _, s := range income.Sales {
		out.Body.Sales = append(out.Body.Sales, IncomeSales(s))
	}
	for _, m := range income.Mismatches {
		out.Body.Mismatches = append(out.Body.Mismatches, IncomeMismatch(m))
	}
	return out, nil
}
