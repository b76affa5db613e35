package chain

import (
	"strings"
	"testing"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func TestMaskPrunes(t *testing.T) {
	full := func() *pb.Checkpoint {
		ev := &pb.Event{Module: ptr("m"), EventType: ptr("t")}
		setNewVarint(ev, "checkpoint", 7)
		setNewVarint(ev, "event_index", 3)
		return &pb.Checkpoint{
			SequenceNumber: ptr(uint64(7)), Digest: ptr("d"),
			Transactions: []*pb.ExecutedTransaction{
				{Digest: ptr("a"), Events: &pb.TransactionEvents{Digest: ptr("x"), Events: []*pb.Event{ev}}},
				{Digest: ptr("b")},
			},
		}
	}
	for mask, want := range map[string]string{
		"sequence_number":                     `sequence_number:7`,
		"":                                    `sequence_number:7 digest:"d"`, // the default
		"digest,digest":                       `digest:"d"`,
		"transactions.digest":                 `transactions:{digest:"a"} transactions:{digest:"b"}`,
		"transactions.events.digest":          `transactions:{events:{digest:"x"}} transactions:{}`,
		"transactions,transactions.digest":    `transactions:{digest:"a" events:{digest:"x" events:{module:"m" event_type:"t" 7:7 10:3}}} transactions:{digest:"b"}`,
		"transactions.digest,transactions":    `transactions:{digest:"a" events:{digest:"x" events:{module:"m" event_type:"t" 7:7 10:3}}} transactions:{digest:"b"}`,
		"transactions.events.events.module":   `transactions:{events:{events:{module:"m"}}} transactions:{}`,
		"summary":                             ``,
		"transactions.events.events.json":     `transactions:{events:{events:{}}} transactions:{}`,
		"transactions.objects.objects.bcs":    `transactions:{} transactions:{}`,
		"transactions.balance_changes.amount": `transactions:{} transactions:{}`,
	} {
		var fm *fieldmaskpb.FieldMask
		if mask != "" {
			fm = &fieldmaskpb.FieldMask{Paths: strings.Split(mask, ",")}
		}
		m, err := parseMask(fm, defaultCheckpointMask, &pb.Checkpoint{})
		if err != nil {
			t.Errorf("%q: %v", mask, err)
			continue
		}
		got := full()
		m.prune(got)
		if text := fields(prototext.MarshalOptions{EmitUnknown: true}.Format(got)); text != fields(want) {
			t.Errorf("%q: got %s, want %s", mask, text, want)
		}
	}
	for _, mask := range [][]string{{"*"}, {"digest", "*"}} {
		m, err := parseMask(&fieldmaskpb.FieldMask{Paths: mask}, "", &pb.Checkpoint{})
		if err != nil {
			t.Fatal(err)
		}
		got := full()
		if m.prune(got); !proto.Equal(got, full()) {
			t.Errorf("%q: got %s", mask, prototext.Format(got))
		}
	}
	m, err := parseMask(&fieldmaskpb.FieldMask{Paths: []string{"transactions.events.events.event_index"}}, "", &pb.Checkpoint{})
	if err != nil {
		t.Fatal(err)
	}
	got := full()
	m.prune(got)
	ev := got.Transactions[0].Events.Events[0]
	if v, ok := newVarint(ev, "event_index"); !ok || v != 3 || ev.Module != nil {
		t.Errorf("a field newer than the stubs: got %v", ev)
	}
	if _, ok := newVarint(ev, "checkpoint"); ok {
		t.Error("an unselected field newer than the stubs is still there")
	}
}

// fields brings the unstable spacing of prototext into one form.
func fields(s string) string {
	s = strings.NewReplacer("{", " { ", "}", " } ", ": ", ":").Replace(s)
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), ": {", " {")
}

func TestMaskRefuses(t *testing.T) {
	for _, path := range []string{"nonsense", "digest.x", "transactions.nonsense", "transactions.timestamp.seconds", "", ".", "transactions.", "transactions..digest", "Digest", strings.Repeat("a", 500)} {
		_, err := parseMask(&fieldmaskpb.FieldMask{Paths: []string{path}}, "", &pb.Checkpoint{})
		if connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("%q: got %v, want INVALID_ARGUMENT", path, err)
		}
	}
	if _, err := parseMask(&fieldmaskpb.FieldMask{Paths: make([]string, maxMaskPaths+1)}, "", &pb.Checkpoint{}); err == nil {
		t.Error("a mask with too many paths is accepted")
	}
}
