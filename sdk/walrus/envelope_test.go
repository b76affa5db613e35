package walrus

import (
	"encoding/json"
	"reflect"
	"testing"
)

// The JSON texts follow the OpenAPI description of Walrus' storage node.
func TestBlobStatusJSON(t *testing.T) {
	two := uint32(2)
	for text, want := range map[string]BlobStatus{
		`"nonexistent"`: {State: StatusNonexistent},
		`{"permanent":{"endEpoch":12,"isCertified":true,"statusEvent":{"txDigest":"abc","eventSeq":"1"},"deletableCounts":{"count_deletable_total":1,"count_deletable_certified":0},"initialCertifiedEpoch":2}}`: {
			State: StatePermanent, EndEpoch: 12, Certified: true, Event: EventID{"abc", 1}, InitialCertifiedEpoch: &two, DeletableTotal: 1},
		`{"deletable":{"initialCertifiedEpoch":null,"deletableCounts":{"count_deletable_total":3,"count_deletable_certified":1}}}`: {
			State: StateDeletable, DeletableTotal: 3, DeletableCertified: 1},
		`{"invalid":{"event":{"txDigest":"abc","eventSeq":"0"}}}`: {State: StateInvalid, Event: EventID{"abc", 0}},
	} {
		var got BlobStatus
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %+v, %v", text, got, err)
		}
		if b, err := json.Marshal(want); err != nil || string(b) != text {
			t.Errorf("%+v = %s, %v; want %s", want, b, err, text)
		}
	}
	for _, text := range []string{`"lost"`, `{}`, `{"permanent":null}`, `3`, `{"permanent":{"statusEvent":{"eventSeq":1}}}`} {
		var s BlobStatus
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s accepted as %+v", text, s)
		}
	}
}

func TestNodeErrorJSON(t *testing.T) {
	text := `{"error":{"code":400,"status":"FAILED_PRECONDITION","message":"no","details":[{"@type":"ErrorInfo","reason":"NOT_REGISTERED","domain":"storage.walrus.space","metadata":{}}]}}`
	var e NodeError
	if err := json.Unmarshal([]byte(text), &e); err != nil || e != (NodeError{400, "FAILED_PRECONDITION", "no", ReasonNotRegistered}) {
		t.Errorf("%+v, %v", e, err)
	}
	if b, err := json.Marshal(&e); err != nil || string(b) != text {
		t.Errorf("%s, %v", b, err)
	}
	// Details of other kinds and metadata of any type, as in Walrus' documentation.
	text = `{"error":{"code":400,"message":"shard 0 is not assigned to this node in epoch 17","status":"FAILED_PRECONDITION","details":[{"@type":"DebugInfo","stackEntries":[],"detail":"x"},{"@type":"ErrorInfo","reason":"SHARD_NOT_ASSIGNED","domain":"storage.walrus.space","metadata":{"shard":0,"epoch":17}}]}}`
	if err := json.Unmarshal([]byte(text), &e); err != nil || e.Reason != ReasonShardNotAssigned {
		t.Errorf("%+v, %v", e, err)
	}
	if (&NodeError{Code: 429, Reason: ReasonStorageFull}).Transient() {
		t.Error("a full disk is transient")
	}
	for code, want := range map[int]bool{400: false, 404: false, 429: true, 500: true, 501: false, 503: true} {
		if (&NodeError{Code: code}).Transient() != want {
			t.Errorf("HTTP %d transient is not %v", code, want)
		}
	}
}

func TestLessAdvanced(t *testing.T) {
	order := []BlobStatus{{State: StatusNonexistent}, {State: StateDeletable}, {State: StatePermanent, EndEpoch: 3}, {State: StatePermanent, EndEpoch: 4},
		{State: StatePermanent, EndEpoch: 2, Certified: true}, {State: StateInvalid}}
	for i := range order {
		for j := range order {
			if lessAdvanced(order[i], order[j]) != (i < j) {
				t.Errorf("%+v against %+v", order[i], order[j])
			}
		}
	}
}

func TestCommitteeValidate(t *testing.T) {
	key := func(v uint64) []byte { return scalarKey(t, v).PublicKey() }
	good := func() *Committee {
		return &Committee{NShards: 4, Members: []Member{{"a", "http://a", key(1), []int{0, 1}}, {"b", "http://b", key(2), []int{2, 3}}}}
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Committee){
		"few shards":    func(c *Committee) { c.NShards = 3 },
		"shard twice":   func(c *Committee) { c.Members[1].Shards = []int{1, 2} },
		"shard missing": func(c *Committee) { c.Members[1].Shards = []int{2} },
		"shard over":    func(c *Committee) { c.Members[1].Shards = []int{2, 4} },
		"key twice":     func(c *Committee) { c.Members[1].PublicKey = key(1) },
		"short key":     func(c *Committee) { c.Members[1].PublicKey = key(1)[:47] },
		"zero key":      func(c *Committee) { c.Members[1].PublicKey = append([]byte{0xc0}, make([]byte, 47)...) },
		"not a point":   func(c *Committee) { c.Members[1].PublicKey = append([]byte{0x80}, make([]byte, 47)...) },
	} {
		c := good()
		change(c)
		if err := c.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	bad := good()
	bad.Members[1].URL = "node:9185"
	if _, err := NewClient(bad, Options{}); err == nil {
		t.Error("client of a node without URL")
	}
}
