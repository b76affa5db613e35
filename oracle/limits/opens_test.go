package limits

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	pkgA, pkgB       = sui.Address{0xa}, sui.Address{0xb}
	policyP, policyQ = sui.Address{1}, sui.Address{2}
	ann, bob         = sui.Address{0xaa}, sui.Address{0xbb}
)

// key is an identity of a policy.
func key(policy sui.Address, nonce ...byte) []byte { return append(policy[:], nonce...) }

func release(pkg sui.Address, ids ...[]byte) *receipt.Claims {
	c := &receipt.Claims{Decision: receipt.Release, Package: receipt.Package{ID: pkg}}
	for _, id := range ids {
		c.Calls = append(c.Calls, receipt.Call{ID: hex.EncodeToString(id)})
	}
	return c
}

func at(d time.Duration) time.Time { return start.Add(d) }

func TestOpens(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits []OpenLimit
		steps  []step
	}{
		{"keys for one time", []OpenLimit{{Package: pkgA, Per: PerIdentity, Max: 1}}, []step{
			{0, ann, release(pkgA, key(policyP, 1)), ""},
			{time.Second, ann, release(pkgA, key(policyP, 1)), "a user is given this key once, and you were"},
			{1e6 * time.Hour, ann, release(pkgA, key(policyP, 1)), "a user is given this key once, and you were"},
			{time.Second, bob, release(pkgA, key(policyP, 1)), ""},
			{time.Second, ann, release(pkgA, key(policyP, 2)), ""},
			{time.Second, ann, release(pkgB, key(policyP, 1)), ""},
			{time.Second, ann, release(pkgB, key(policyP, 1)), ""},
			{time.Second, ann, release(pkgA, key(policyP, 3), key(policyP, 1)), "a user is given this key once, and you were"},
			{time.Second, ann, release(pkgA, key(policyP, 3), key(policyP, 3)), ""}, // was not counted, and counts once
			{time.Second, ann, release(pkgA, key(policyP, 3)), "a user is given this key once, and you were"},
		}},
		{"twice an hour", []OpenLimit{{Package: pkgA, Per: PerPolicy, Max: 2, Period: time.Hour}}, []step{
			{0, ann, release(pkgA, key(policyP, 1), key(policyP, 2), key(policyP, 3)), ""},
			{10 * time.Minute, ann, release(pkgA, key(policyP, 1)), ""},
			{20 * time.Minute, ann, release(pkgA, key(policyP, 4)), "a user is given keys of this policy 2 times in any 1 h, and you were|11:00"},
			{20 * time.Minute, ann, release(pkgA, key(policyQ, 4)), ""},
			{time.Hour - time.Millisecond, ann, release(pkgA, key(policyP, 4)), "a user is given keys of this policy 2 times in any 1 h, and you were|11:00"},
			{time.Hour, ann, release(pkgA, key(policyP, 4)), ""},
			{time.Hour, ann, release(pkgA, key(policyP, 4)), "a user is given keys of this policy 2 times in any 1 h, and you were|11:10"},
			{3 * time.Hour, ann, release(pkgA, key(policyP, 4)), ""},
		}},
		{"of one policy only", []OpenLimit{{Package: pkgA, Policy: policyP, Per: PerPolicy, Max: 1}}, []step{
			{0, ann, release(pkgA, key(policyP, 1)), ""},
			{0, ann, release(pkgA, key(policyP, 2)), "a user is given keys of this policy once, and you were"},
			{0, ann, release(pkgA, key(policyQ, 2)), ""},
			{0, ann, release(pkgA, key(policyQ, 2)), ""},
			{0, ann, release(pkgA, []byte("short")), ""},
		}},
		{"of the package, and keys", []OpenLimit{{Package: pkgA, Per: PerPackage, Max: 2, Period: time.Hour}, {Package: pkgA, Per: PerIdentity, Max: 1}}, []step{
			{0, ann, release(pkgA, []byte("short")), ""},
			{0, ann, release(pkgA, []byte("short")), "a user is given this key once, and you were"},
			{0, ann, release(pkgA, nil), ""},
			{0, ann, release(pkgA, []byte("third")), "a user is given keys of this package 2 times in any 1 h, and you were|11:00"},
			{time.Hour, ann, release(pkgA, []byte("third")), ""},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := NewOpens(test.limits)
			for i, s := range test.steps {
				checked := o.Check(s.claims, s.user, at(s.after))
				charged := o.Charge(s.claims, s.user, at(s.after))
				if (checked == nil) != (charged == nil) {
					t.Errorf("step %d: checked %v, charged %v", i, checked, charged)
				}
				got := ""
				var e *Exhausted
				if errors.As(charged, &e) {
					if got = e.Error(); !e.Again.IsZero() {
						got += "|" + e.Again.Format("15:04")
					}
				}
				if got != s.want {
					t.Errorf("step %d: %q, want %q", i, got, s.want)
				}
			}
		})
	}
}

type step struct {
	after  time.Duration
	user   sui.Address
	claims *receipt.Claims
	want   string
}

// A count made from stored receipts goes on as the one before, and refusals
// count for nothing.
func TestOpensFromReceipts(t *testing.T) {
	limits := []OpenLimit{{Package: pkgA, Per: PerIdentity, Max: 2, Period: time.Hour}, {Package: pkgA, Per: PerPolicy, Max: 3}}
	o := NewOpens(limits)
	for i := range 4 {
		c := release(pkgA, key(policyP, byte(i%2)))
		if c.TimeMS = at(time.Duration(i) * time.Minute).UnixMilli(); i == 3 {
			c.Decision = receipt.Refuse
		}
		o.Count(c, ann)
	}
	if err := o.Check(release(pkgA, key(policyP, 1)), ann, at(time.Hour)); err == nil || err.Error() != "a user is given keys of this policy 3 times, and you were" {
		t.Errorf("%v", err)
	}
	if err := o.Check(release(pkgA, key(policyQ, 1)), ann, at(time.Hour)); err != nil {
		t.Error(err)
	}
	// More than allowed can be stored when the limit was higher.
	o = NewOpens(limits[:1])
	for i := range 5 {
		c := release(pkgA, key(policyP))
		c.TimeMS = at(time.Duration(i) * time.Minute).UnixMilli()
		o.Count(c, ann)
	}
	var e *Exhausted
	if err := o.Check(release(pkgA, key(policyP)), ann, at(5*time.Minute)); !errors.As(err, &e) || !e.Again.Equal(at(time.Hour+3*time.Minute)) {
		t.Errorf("%v, %+v", err, e)
	}
}

// Opens that were counted by a clock that was ahead, or before it was, stay
// counted.
func TestOpensOverClockJumps(t *testing.T) {
	o := NewOpens([]OpenLimit{{Package: pkgA, Per: PerPackage, Max: 2, Period: time.Hour}})
	c := release(pkgA, key(policyP))
	for i, s := range []struct {
		at   time.Duration
		want bool
	}{{0, true}, {time.Minute, true}, {2 * time.Minute, false}, {3 * time.Hour, true}, {2 * time.Minute, false}, {61 * time.Minute, true}, {62 * time.Minute, false}} {
		if err := o.Charge(c, ann, at(s.at)); (err == nil) != s.want {
			t.Errorf("%d, at %v: %v", i, s.at, err)
		}
	}
}

func TestOpensUndo(t *testing.T) {
	o := NewOpens([]OpenLimit{{Package: pkgA, Per: PerIdentity, Max: 1}, {Package: pkgA, Per: PerPackage, Max: 1, Period: time.Hour}})
	c := release(pkgA, key(policyP))
	for i := range 3 {
		if err := o.Charge(c, ann, at(0)); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if err := o.Charge(c, ann, at(0)); err == nil {
			t.Fatal("a second time")
		}
		o.Undo(c, ann, at(0))
	}
	if len(o.ever)+len(o.recent) != 0 {
		t.Errorf("%d counts of nothing", len(o.ever)+len(o.recent))
	}
}

// When memory is full, what has a limit is refused, until counts get old.
func TestOpensAreBounded(t *testing.T) {
	o := NewOpens([]OpenLimit{{Package: pkgA, Per: PerIdentity, Max: 1, Period: time.Hour}})
	o.atMost = 10
	for i := range 10 {
		if err := o.Charge(release(pkgA, []byte{byte(i)}), ann, at(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Charge(release(pkgA, []byte("next")), ann, at(10*time.Minute)); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	if err := o.Charge(release(pkgB, []byte("next")), ann, at(10*time.Minute)); err != nil {
		t.Errorf("without a limit: %v", err)
	}
	if err := o.Charge(release(pkgA, []byte("next")), ann, at(time.Hour)); err != nil {
		t.Errorf("when the first is old: %v", err)
	}
}
