package indexer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer/postgres/pgtest"
	"github.com/floe-data/floe/indexer/store"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// recorded is a NodeRecorded event, field by field as events.move has them.
func recorded(version, dataset sui.Address, depth uint64, parents ...sui.Address) sui.Event {
	e := bcs.NewEncoder()
	e.Value(version)
	e.Value(dataset)
	e.U64(1)
	e.U8(0) // no previous version
	e.U8(1) // transform
	e.U64(depth)
	for range 3 { // manifest, licence, croissant
		e.Bytes([]byte{1})
	}
	e.U8(0) // no origin
	e.Value(id(0x61))
	e.ULEB(uint64(len(parents)))
	for _, p := range parents {
		e.Value(p)
	}
	e.ULEB(uint64(len(parents)))
	for range parents {
		e.Bytes([]byte{2})
	}
	e.ULEB(uint64(len(parents)))
	for range parents {
		e.U16(uint16(10000 / len(parents)))
	}
	e.U16(5000)
	e.ULEB(0)
	e.ULEB(0)
	e.U64(0)
	e.U64(0)
	return event("NodeRecorded", e.Data())
}

// ids encodes an event of ids and numbers.
func encoded(name string, fields ...any) sui.Event {
	e := bcs.NewEncoder()
	for _, f := range fields {
		switch f := f.(type) {
		case byte:
			e.Value(id(f))
		case int:
			e.U64(uint64(f))
		case string:
			e.String(f)
		}
	}
	return event(name, e.Data())
}

func TestLineageAPI(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	r := index(t, node)
	// 1 and 2 are raw; 3 is made of both; 4 of 3; 5 of 3 and 4. Version n is of dataset 0x70+n.
	of := func(n byte, depth uint64, parents ...sui.Address) sui.Event {
		return recorded(id(n), id(0x70+n), depth, parents...)
	}
	r.reached(node.Append(1, tx(of(1, 0), of(2, 0), of(3, 1, id(1), id(2)), of(4, 2, id(3)), of(5, 3, id(3), id(4))),
		tx(encoded("HoldPlaced", byte(4), byte(0x74), "", 7), encoded("HoldPlaced", byte(5), byte(0x75), "", 7), encoded("HoldReleased", byte(5), byte(0x75), 9))))
	lineage := func(dataset byte, query string) string {
		t.Helper()
		var got struct {
			Nodes     []LineageNode `json:"nodes"`
			Truncated bool          `json:"truncated"`
		}
		r.get(fmt.Sprintf("/v1/datasets/%s/lineage%s", id(dataset), query), 200, &got)
		var out []string
		for _, n := range got.Nodes {
			text := fmt.Sprintf("%s %s %d", strings.TrimLeft(n.ID[2:], "0"), n.Relation, n.Steps)
			for _, p := range n.Parents {
				text += fmt.Sprintf(" <%s:%d", strings.TrimLeft(p.ID[2:], "0"), p.WeightBPS)
			}
			if n.Held {
				text += " held"
			}
			out = append(out, text)
		}
		return strings.Join(out, "; ")
	}
	for _, tt := range []struct {
		dataset     byte
		query, want string
	}{
		{0x73, "", "3 self 0 <1:5000 <2:5000; 1 ancestor 1; 2 ancestor 1; 4 descendant 1 <3:10000 held; 5 descendant 1 <3:5000 <4:5000"},
		{0x71, "", "1 self 0; 3 descendant 1 <1:5000 <2:5000; 4 descendant 2 <3:10000 held; 5 descendant 2 <3:5000 <4:5000"},
		{0x71, "?steps=1", "1 self 0; 3 descendant 1 <1:5000 <2:5000"},
		{0x75, "?steps=0", "5 self 0 <3:5000 <4:5000"},
	} {
		if got := lineage(tt.dataset, tt.query); got != tt.want {
			t.Errorf("lineage of %#x%s is\n%s\nwant\n%s", tt.dataset, tt.query, got, tt.want)
		}
	}
	r.get("/v1/datasets/"+id(0x99).String()+"/lineage", 404, nil)
	r.get("/v1/datasets/nonsense/lineage", 422, nil)
}

func TestIncomeAddsUp(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	r := index(t, node)
	created := encoded("TreasuryCreated", byte(0x30), "2::sui::SUI")
	escrowed := func(sale byte, amount int) sui.Event {
		return encoded("SaleEscrowed", byte(0x30), sale, byte(3), byte(0x73), byte(9), amount, 5)
	}
	settled := func(sale byte, amount int) sui.Event {
		return encoded("SaleSettled", byte(0x30), sale, byte(3), byte(0x73), byte(9), amount)
	}
	refunded := func(sale byte, amount int) sui.Event {
		return encoded("SaleRefunded", byte(0x30), sale, byte(3), byte(0x73), byte(9), amount)
	}
	credit := func(sale, version, payee byte, amount int) sui.Event {
		return encoded("IncomeCredited", byte(0x30), sale, version, 0x70+version, payee, amount)
	}
	r.reached(node.Append(1, tx(recorded(id(3), id(0x73), 0), created),
		tx(credit(0x41, 3, 0xa, 60), credit(0x41, 1, 0xb, 40), settled(0x41, 100)), // at once
		tx(escrowed(0x42, 50)), tx(credit(0x42, 3, 0xa, 50), settled(0x42, 50)), // later
		tx(escrowed(0x43, 70)), tx(refunded(0x43, 70)), tx(encoded("IncomeClaimed", byte(0x30), byte(0xa), 110))))
	var got IncomeState
	r.get("/v1/income/"+id(0x73).String(), 200, &got)
	if len(got.Credits) != 1 || got.Credits[0].Amount != "110" || got.Credits[0].Sales != 2 || *got.Credits[0].CoinType != "2::sui::SUI" || len(got.Mismatches) != 0 {
		t.Errorf("income is %+v", got)
	}
	if text := fmt.Sprint(got.Sales); text != fmt.Sprintf("[{%[1]s escrowed 2 120} {%[1]s refunded 1 70} {%[1]s settled 2 150}]", id(0x30)) {
		t.Errorf("sales are %s", text)
	}
	r.want(`SELECT dataset_id, payee, sales, amount::text FROM income_by_dataset ORDER BY 1, 2`, addr0+"71 | "+addr0+"0b | 1 | 40", addr0+"73 | "+addr0+"0a | 2 | 110")
	r.want(`SELECT * FROM income_mismatch`)
	// A contract that lost a unit, refunded too much, or paid out what was not there.
	r.reached(node.Append(2, tx(credit(0x44, 3, 0xa, 9), settled(0x44, 10)), tx(escrowed(0x45, 5)), tx(refunded(0x45, 6)), tx(encoded("IncomeClaimed", byte(0x30), byte(0xb), 41))))
	r.want(`SELECT what, right(id, 4), sum_in::text, sum_out::text FROM income_mismatch ORDER BY 1, 2`, "escrow | 0045 | 5 | 6", "payee | 000b | 40 | 41", "sale | 0044 | 10 | 9")
	r.get("/v1/income/"+id(0x73).String(), 200, &got)
	if text := fmt.Sprint(got.Mismatches); text != fmt.Sprintf("[{escrow %s 5 6} {sale %s 10 9}]", id(0x45), id(0x44)) {
		t.Errorf("mismatches are %s", text)
	}
	r.get("/v1/income/"+id(0x99).String(), 404, nil)
}

// dag fills the edges of a random lineage of n versions, each made from one to
// three of those before it, with a depth of at most 16 as the contract has it.
func dag(t testing.TB, n int) (conn *pgx.Conn, children map[int][]int) {
	t.Helper()
	url, schema := pgtest.Schema(t)
	s, err := store.Open(t.Context(), url, schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if conn, err = pgx.Connect(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	rng := rand.New(rand.NewPCG(3, 4))
	children = map[int][]int{}
	depth := make([]int, n)
	var rows [][]any
	for child := 1; child < n; child++ {
		seen := map[int]bool{}
		for range 1 + rng.IntN(3) {
			parent := rng.IntN(child)
			if seen[parent] || depth[parent] >= 16 {
				continue
			}
			seen[parent] = true
			depth[child] = max(depth[child], depth[parent]+1)
			children[parent] = append(children[parent], child)
			rows = append(rows, []any{int64(child), time.UnixMilli(0), int32(0), int32(0), int32(len(seen)), int32(1), version(child), version(parent), "00"})
		}
	}
	if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"lineage_edge"},
		[]string{"checkpoint", "ts", "tx_index", "event_seq", "position", "weight_bps", "child_id", "parent_id", "parent_digest"}, pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "ANALYZE lineage_edge"); err != nil {
		t.Fatal(err)
	}
	return conn, children
}

func version(n int) string { return fmt.Sprintf("0x%064x", n) }

// distances are the fewest steps down from a version, found in Go.
func distances(children map[int][]int, from, steps int) map[int]int {
	out := map[int]int{}
	for at, next := []int{from}, 1; len(at) > 0 && next <= steps; next++ {
		var below []int
		for _, p := range at {
			for _, c := range children[p] {
				if _, known := out[c]; !known {
					out[c] = next
					below = append(below, c)
				}
			}
		}
		at = below
	}
	return out
}

func TestDescendants(t *testing.T) {
	t.Parallel()
	conn, children := dag(t, 400)
	for from := range 40 {
		for _, steps := range []int{0, 1, 2, 64} {
			want := distances(children, from, steps)
			rows, err := conn.Query(t.Context(), `SELECT version_id, steps FROM descendants($1, $2)`, version(from), steps)
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			var id string
			var n int
			if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error {
				got++
				var child int
				if _, err := fmt.Sscanf(id, "0x%x", &child); err != nil || want[child] != n {
					return fmt.Errorf("%s is %d steps from %d, want %d", id, n, from, want[child])
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if got != len(want) {
				t.Errorf("%d descendants of %d within %d steps, want %d", got, from, steps, len(want))
			}
		}
	}
	// And back up: whatever is below has the start among its ancestors.
	below := distances(children, 0, 64)
	for child := range below {
		var ok bool
		if err := conn.QueryRow(t.Context(), `SELECT $1 IN (SELECT version_id FROM ancestors($2))`, version(0), version(child)).Scan(&ok); err != nil || !ok {
			t.Fatalf("0 is no ancestor of %d: %v", child, err)
		}
	}
}

// BenchmarkDescendants asks for all versions that descend from the first of
// 100,000.
func BenchmarkDescendants(b *testing.B) {
	conn, children := dag(b, 100_000)
	want := len(distances(children, 0, 64))
	for b.Loop() {
		var n int
		if err := conn.QueryRow(b.Context(), `SELECT count(*) FROM descendants($1)`, version(0)).Scan(&n); err != nil || n != want {
			b.Fatalf("%d descendants, want %d: %v", n, want, err)
		}
	}
	b.ReportMetric(float64(want), "descendants")
}
