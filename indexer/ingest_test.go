package indexer

import (
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// The chain is read no further ahead than there is room for events.
func TestReadsAsFarAsThereIsRoom(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	for i := range 3 {
		node.Append(1, tx(datasetCreated(id(byte(i)), "a")))
	}
	x, err := New(Config{DatabaseURL: "postgres:///x", NodeURL: node.URL, Packages: packages()})
	if err != nil {
		t.Fatal(err)
	}
	defer x.client.Close()
	d := decode.New(packages())
	one := room(&decode.Rows{Events: []decode.Event{{Raw: datasetCreated(id(0), "a")}}})
	free, out := semaphore.NewWeighted(one), make(chan arrival, ahead)
	go x.source(t.Context(), d, 0, out, free)
	for i := range 3 {
		a := <-out
		if a.err != nil || a.rows.Sequence != int64(i) || a.room != one {
			t.Fatalf("arrival %d: %+v", i, a)
		}
		if len(out) != 0 || free.TryAcquire(1) {
			t.Fatalf("more was read than there is room for: %d checkpoints", len(out))
		}
		free.Release(a.room)
	}
	if n := room(&decode.Rows{Events: []decode.Event{{Raw: sui.Event{Contents: make([]byte, maxWaiting+1)}}}}); n != maxWaiting {
		t.Errorf("an event of more than all the room takes %d", n)
	}
}
