package lightclient_test

import (
	"bytes"
	"testing"

	"github.com/floe-data/floe/sdk/devnet/chain/chaintest"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func TestCommitteeFile(t *testing.T) {
	c := chaintest.Start(t)
	client, err := suirpc.Dial(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	asked, err := lightclient.AskCommittee(t.Context(), client.Conn(), nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := lightclient.MarshalCommittee(asked)
	if err != nil {
		t.Fatal(err)
	}
	read, err := lightclient.ParseCommittee(file)
	if err != nil {
		t.Fatal(err)
	}
	light := lightclient.New(lightclient.Node(client.Conn()), *read)
	cp, err := client.Checkpoint(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	verify := func() error {
		return light.VerifySummary(t.Context(), &cp.Summary, cp.Signature.Epoch, cp.Signature.Signature, cp.Signature.Bitmap)
	}
	if err := verify(); err != nil {
		t.Errorf("verify by the file: %v", err)
	}
	cp.Summary.TimestampMS++
	if err := verify(); err == nil {
		t.Error("an altered summary verifies")
	}
}

func TestParseCommitteeRefuses(t *testing.T) {
	c := chaintest.Start(t)
	committee, err := c.Committee(0)
	if err != nil {
		t.Fatal(err)
	}
	good, err := lightclient.MarshalCommittee(&committee)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another field":  {`"epoch"`, `"epochs"`},
		"no epoch":       {`"epoch": 0,`, ``},
		"weights":        {`2500`, `2501`},
		"key":            {`"public_key": "`, `"public_key": "AAAA`},
		"negative":       {`2500`, `-2500`},
		"something more": {`}` + "\n", `} {}`},
	} {
		b := bytes.Replace(good, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(b, good) {
			t.Fatalf("%s: nothing was changed in\n%s", name, good)
		}
		if _, err := lightclient.ParseCommittee(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	twice := committee
	twice.Members = append(twice.Members[:3:3], twice.Members[0])
	b, _ := lightclient.MarshalCommittee(&twice)
	if _, err := lightclient.ParseCommittee(b); err == nil {
		t.Error("a member that is there twice is accepted")
	}
}

func FuzzParseCommittee(f *testing.F) {
	f.Add([]byte(`{"epoch":0,"members":[{"public_key":"AA==","weight":10000}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := lightclient.ParseCommittee(b)
		if err != nil {
			return
		}
		again, err := lightclient.MarshalCommittee(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lightclient.ParseCommittee(again); err != nil {
			t.Error(err)
		}
	})
}
