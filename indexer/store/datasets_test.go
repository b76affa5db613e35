package store

import (
	"fmt"
	"testing"
)

// Of a dataset with more than is shown the newest is shown.
func TestDatasetLimits(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	for _, sql := range []string{
		`INSERT INTO event SELECT 1, now(), 0, i, 1, d, d, d, '', 'm' FROM generate_series(1, 40) i, (SELECT decode(repeat('00', 32), 'hex') AS d) z`,
		`INSERT INTO dataset VALUES (1, now(), 0, 1, 'd', 'c', 'o', 'n')`,
		`INSERT INTO dataset_version SELECT 1, now(), i, 0, i, 'v' || i, 'd', 'p' || (i + 1) / 2, 'm', 'b' FROM generate_series(1, 5) i`,
		`INSERT INTO dataset_blob SELECT j, 'v' || i, 'b' || i || j FROM generate_series(1, 5) i, generate_series(0, 2) j`,
		`INSERT INTO policy SELECT 1, now(), 0, i, 'p' || i, 'c', 'o' FROM generate_series(1, 3) i`,
		`INSERT INTO policy_grant SELECT 1, now(), NULL, NULL, 0, i, NULL, NULL, 'p' || (1 + i % 3), 'm' || i FROM generate_series(1, 30) i`,
		`INSERT INTO key_server SELECT 1, now(), 2, 1, 0, 1, 0, 'k' || i, 'n' || i, 'u', 'p' FROM generate_series(1, 2) i`,
		`INSERT INTO receipt_watermark (key_server_id, member, seq, hash, checked_size, anchored_size) SELECT 'k' || k, m, 10, 'h', 0, 0 FROM generate_series(1, 2) k, unnest(ARRAY['', 'a']) m`,
		`INSERT INTO key_decision (key_server_id, member, seq, decided_at, verified, decision, hash, jwt, problem)
			SELECT 'k' || k, m, i, to_timestamp(10 * i + 2 * k + length(m)), false, 'unreadable', 'h', 'j', 'x' FROM generate_series(1, 2) k, unnest(ARRAY['', 'a']) m, generate_series(1, 10) i`,
		`INSERT INTO key_decision_policy SELECT i, i, 'k' || k, CASE i WHEN 10 THEN 'p1' ELSE 'p3' END, NULL, m FROM generate_series(1, 2) k, unnest(ARRAY['', 'a']) m, generate_series(1, 10) i`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	d, err := s.Dataset(t.Context(), "d", Limits{Versions: 2, Blobs: 4, Grants: 3, Decisions: 5})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range d.Versions {
		got = append(got, v.ID)
	}
	for _, b := range d.Blobs {
		got = append(got, b.ID)
	}
	for _, p := range d.Policies {
		got = append(got, p.ID)
	}
	for _, g := range d.Grants {
		got = append(got, g.PolicyID+g.Member)
	}
	for _, k := range d.Decisions {
		got = append(got, fmt.Sprint(k.KeyServerID, k.Member, k.Sequence))
	}
	want := "[v4 v5 b40 b50 b51 b52 p2 p3 p3m26 p2m28 p3m29 k2a9 k29 k1a9 k19 k2a8]"
	if text := fmt.Sprint(got); text != want || d.Dataset.Versions != 5 {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
