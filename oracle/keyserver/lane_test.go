package keyserver

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/seal"
)

func certificateOf(n int, created time.Time) *seal.Certificate {
	return &seal.Certificate{SessionKey: []byte{byte(n), byte(n >> 8), byte(n >> 16)}, CreatedMS: uint64(created.UnixMilli()), TTLMinutes: 10}
}

// A session key that was given a key passes all that wait, until it expires.
func TestLane(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLane(func() time.Time { return now }, 2)
	regular := certificateOf(0, now)
	l.remember(regular)
	var leave []func()
	for n := range strangersAtOnce {
		turn, d, err := l.enter(t.Context(), certificateOf(n+1, now))
		if d != nil || err != nil {
			t.Fatal(d, err)
		}
		turn.verified()
		leave = append(leave, turn.leave)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := l.enter(gone, certificateOf(100, now)); !errors.Is(err, context.Canceled) {
		t.Errorf("a stranger found a place where there is none: %v", err)
	}
	if _, d, err := l.enter(gone, regular); d != nil || err != nil {
		t.Errorf("a session key that was given a key waits: %v %v", d, err)
	}
	l.longest = time.Nanosecond
	if _, d, err := l.enter(t.Context(), certificateOf(100, now)); err != nil || d == nil || d.Code != "busy_strangers" {
		t.Errorf("a stranger who has waited for too long: %+v %v", d, err)
	}
	l.longest = time.Hour
	now = now.Add(10*time.Minute + time.Millisecond)
	if _, _, err := l.enter(gone, regular); !errors.Is(err, context.Canceled) {
		t.Errorf("an expired session key found a place: %v", err)
	}
	for _, f := range leave {
		f()
	}
	turn, d, err := l.enter(t.Context(), regular)
	if d != nil || err != nil {
		t.Fatal(d, err)
	}
	turn.leave()
	if len(l.waiting) != 0 || len(l.places) != 0 || len(l.verify) != 0 {
		t.Error("places were not given back")
	}
}

// Strangers beyond what the machine can verify are told to come back.
func TestLaneRefuses(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLane(func() time.Time { return now }, 2)
	served := 0
	for n := range 100 * strangersPerCore {
		turn, d, err := l.enter(t.Context(), certificateOf(n, now))
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			if d.Code != "busy_strangers" || d.After <= 0 {
				t.Errorf("refused by %+v", d)
			}
			break
		}
		turn.leave()
		served++
	}
	if served != l.bucket.Burst() {
		t.Errorf("%d strangers were let in at once, want %d", served, l.bucket.Burst())
	}
	now = now.Add(time.Second)
	if turn, d, err := l.enter(t.Context(), certificateOf(-1, now)); d != nil || err != nil {
		t.Errorf("nobody is let in a second later: %v %v", d, err)
	} else {
		turn.leave()
	}
}

// What is remembered is bounded, and what has expired goes first.
func TestLaneForgets(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLane(func() time.Time { return now }, 2)
	for n := range maxSessions {
		l.remember(certificateOf(n, now.Add(-time.Hour))) // long expired
	}
	kept := certificateOf(-1, now)
	l.remember(kept)
	if len(l.known) != 1 || !l.knows(sessionOf(kept)) {
		t.Errorf("%d session keys are remembered, want the one that is valid", len(l.known))
	}
	for n := range maxSessions + 10 {
		l.remember(certificateOf(n, now))
	}
	if len(l.known) > maxSessions {
		t.Errorf("%d session keys are remembered, want %d at most", len(l.known), maxSessions)
	}
}
