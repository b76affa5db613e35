package walrus

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

// Whatever enough slivers remain, on either axis, the blob comes back: the
// first ones, the last ones (which need interpolation), and random ones.
func TestDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{4, 5, 6, 7, 9, 10, 13, 16, 31, 64, 100, 301} {
		for _, size := range []int{0, 1, 1000, 40000} {
			data := vectorInput(fmt.Sprint("decode", n), size)
			e, err := Encode(n, data)
			if err != nil {
				t.Fatal(err)
			}
			for _, axis := range []Axis{Primary, Secondary} {
				need := e.Params().needed(axis)
				patterns := [][]int{rng.Perm(n)[:need], rng.Perm(n)[:need], rng.Perm(n), nil, nil}
				for i := range need {
					patterns[3] = append(patterns[3], n-1-i)
					patterns[4] = append(patterns[4], i)
				}
				for _, pattern := range patterns {
					var slivers []*Sliver
					for _, pair := range pattern {
						slivers = append(slivers, e.Sliver(axis, pair))
					}
					got, err := Decode(e.Metadata(), slivers)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(got, data) {
						t.Fatalf("n=%d size=%d axis=%s pattern=%v: decoded blob differs", n, size, axis, pattern)
					}
					if err := e.Metadata().CheckSystematic(got); err != nil {
						t.Fatal(err)
					}
				}
				var few []*Sliver
				for pair := range need - 1 {
					few = append(few, e.Sliver(axis, pair), e.Sliver(axis, pair))
				}
				if _, err := Decode(e.Metadata(), few); !errors.Is(err, ErrNotEnoughSlivers) {
					t.Errorf("n=%d: decode from %d slivers twice each: %v", n, need-1, err)
				}
			}
		}
	}
}

func TestVerifySliver(t *testing.T) {
	e, err := Encode(10, vectorInput("verify", 3000))
	if err != nil {
		t.Fatal(err)
	}
	m := e.Metadata()
	for _, axis := range []Axis{Primary, Secondary} {
		for pair := range 10 {
			if err := m.VerifySliver(e.Sliver(axis, pair)); err != nil {
				t.Errorf("%s sliver of pair %d: %v", axis, pair, err)
			}
		}
		for name, change := range map[string]func(*Sliver){
			"flipped bit": func(s *Sliver) { s.Data[17] ^= 1 },
			"other index": func(s *Sliver) { s.Index++ },
			"index over":  func(s *Sliver) { s.Index = 10 },
			"symbol size": func(s *Sliver) { s.SymbolSize *= 2 },
			"truncated":   func(s *Sliver) { s.Data = s.Data[:len(s.Data)-s.SymbolSize] },
			"other axis":  func(s *Sliver) { s.Axis = 1 - s.Axis },
		} {
			s := *e.Sliver(axis, 3)
			s.Data = bytes.Clone(s.Data)
			change(&s)
			if err := m.VerifySliver(&s); !errors.Is(err, ErrBadSliver) {
				t.Errorf("%s %s: error %v, want ErrBadSliver", name, axis, err)
			}
		}
	}
}

// A dishonest creator signs hashes of slivers that do not form a blob.
func TestInconsistentBlob(t *testing.T) {
	e, err := Encode(10, vectorInput("honest", 3000))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Encode(10, vectorInput("other", 3000))
	if err != nil {
		t.Fatal(err)
	}
	m := &Metadata{Size: 3000, Pairs: append([]PairHashes(nil), e.Metadata().Pairs...)}
	m.Pairs[9] = other.Metadata().Pairs[9]
	slivers := []*Sliver{other.Sliver(Primary, 9)}
	for i := range 3 {
		slivers = append(slivers, e.Sliver(Primary, i))
	}
	for _, s := range slivers {
		if err := m.VerifySliver(s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Decode(m, slivers)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckSystematic(got); !errors.Is(err, ErrInconsistent) {
		t.Errorf("CheckSystematic: %v, want ErrInconsistent", err)
	}
	if err := m.CheckBlob(got); !errors.Is(err, ErrInconsistent) {
		t.Errorf("CheckBlob: %v, want ErrInconsistent", err)
	}
	// What CheckSystematic cannot see: wrong hashes of recovery slivers only.
	got, err = Decode(m, []*Sliver{e.Sliver(Primary, 0), e.Sliver(Primary, 1), e.Sliver(Primary, 2), e.Sliver(Primary, 3)})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckSystematic(got); err != nil {
		t.Errorf("CheckSystematic of the honest rows: %v", err)
	}
	if err := m.CheckBlob(got); !errors.Is(err, ErrInconsistent) {
		t.Errorf("CheckBlob: %v, want ErrInconsistent", err)
	}
}

func TestRecoveryVector(t *testing.T) {
	raw := loadVectors(t).Recovery
	var wantHex string
	if err := json.Unmarshal(raw["generalRecoverySymbolBcsHex"], &wantHex); err != nil {
		t.Fatal(err)
	}
	e, err := Encode(10, vectorInput("g2", 1000))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewRecoverySymbol(e.Params(), e.Sliver(Secondary, 3), 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(bcs.Marshal(s)); got != wantHex {
		t.Errorf("recovery symbol = %s\nwant %s", got, wantHex)
	}
	want, _ := hex.DecodeString(wantHex)
	var back RecoverySymbol
	if err := bcs.Unmarshal(want, &back); err != nil {
		t.Fatal(err)
	}
	if err := back.Verify(e.Metadata()); err != nil {
		t.Error(err)
	}
	back.Data[0] ^= 1
	if err := back.Verify(e.Metadata()); !errors.Is(err, ErrBadSliver) {
		t.Errorf("changed symbol: %v", err)
	}
}

func TestRecoverSliver(t *testing.T) {
	for _, n := range []int{5, 10, 31} {
		e, err := Encode(n, vectorInput("recover", 5000))
		if err != nil {
			t.Fatal(err)
		}
		for _, axis := range []Axis{Primary, Secondary} {
			lost := e.Sliver(axis, 2)
			var symbols []*RecoverySymbol
			for i := range e.Params().SliverSymbols(axis) {
				s, err := NewRecoverySymbol(e.Params(), e.Sliver(1-axis, n-1-i), lost.Index)
				if err != nil {
					t.Fatal(err)
				}
				symbols = append(symbols, s)
			}
			got, err := RecoverSliver(e.Metadata(), axis, lost.Index, symbols)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Data, lost.Data) {
				t.Errorf("n=%d: recovered %s sliver differs", n, axis)
			}
			if _, err := RecoverSliver(e.Metadata(), axis, lost.Index, symbols[1:]); err == nil {
				t.Errorf("n=%d: recovered from too few symbols", n)
			}
		}
	}
}
