package attest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/nitro"
)

// document reads a real document; package nitro says where they come from.
func document(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "nitro", "testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	return unhex(t, strings.TrimSpace(string(text)))
}

func measured(t *testing.T, raw []byte, others ...uint8) []nitro.PCR {
	t.Helper()
	d, err := nitro.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Measure(d, others...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// When the documents were made, in ms, as their examples' tests set the clock.
const (
	weatherMS = 1744684007462
	debugMS   = 1731627987382
)

func TestRegistrationData(t *testing.T) {
	want := vectors(t)["registration_data"]
	if got := RegistrationData(id(0x91), id(0xa)); hex.EncodeToString(got[:]) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}

func TestCheckWeather(t *testing.T) {
	raw := document(t, "weather")
	r := Registration{Measurement: measured(t, raw), Unbound: true}
	at := time.UnixMilli(weatherMS)
	key, err := r.Check(raw, at, nitro.AWSRoot())
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(key); got != "e8e62201dbe293b703c759f653107acbc2c911fa1d2e66f2c747bec95971a2af" {
		t.Errorf("key is %s", got)
	}
	bound := r
	bound.Unbound = false
	other := r
	other.Measurement = []nitro.PCR{r.Measurement[0], r.Measurement[1], {Index: 2, Value: bytes.Repeat([]byte{1}, 48)}}
	missing := r
	missing.Measurement = append(r.Measurement[:3:3], nitro.PCR{Index: 16, Value: bytes.Repeat([]byte{1}, 48)})
	tampered := bytes.Clone(raw)
	tampered[2000] ^= 1
	for name, v := range map[string]struct {
		r    Registration
		raw  []byte
		at   time.Time
		want error
	}{
		"names nobody":          {bound, raw, at, ErrRegistrant},
		"another image":         {other, raw, at, ErrMismatch},
		"an unlisted register":  {missing, raw, at, ErrMismatch},
		"now":                   {r, raw, time.UnixMilli(1798761600000), nitro.ErrVerify},
		"an hour and more old":  {r, raw, time.UnixMilli(1744683923696).Add(time.Hour + time.Millisecond), ErrStale},
		"a minute too early":    {r, raw, time.UnixMilli(1744683923696).Add(-time.Minute - time.Millisecond), ErrFuture},
		"a byte tampered with":  {r, tampered, at, nitro.ErrVerify},
		"cut short":             {r, raw[:3000], at, nitro.ErrParse},
		"without a measurement": {Registration{Unbound: true}, raw, at, ErrMeasurement},
	} {
		if _, err := v.r.Check(v.raw, v.at, nitro.AWSRoot()); !errors.Is(err, v.want) {
			t.Errorf("%s: got %v, want %v", name, err, v.want)
		}
	}
}

func TestCheckDebug(t *testing.T) {
	raw := document(t, "debug-zero-pcrs")
	d, err := nitro.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Measure(d); !errors.Is(err, ErrMeasurement) {
		t.Errorf("a debug enclave is measured: %v", err)
	}
	// it has no key either; give it one to come to the registers
	d.PublicKey = make([]byte, 32)
	if err := match(d, measured(t, document(t, "weather"))); !errors.Is(err, ErrDebug) {
		t.Errorf("got %v, want ErrDebug", err)
	}
	r := Registration{Measurement: measured(t, document(t, "weather")), Unbound: true}
	if _, err := r.Check(raw, time.UnixMilli(debugMS), nitro.AWSRoot()); !errors.Is(err, ErrKey) {
		t.Errorf("got %v, want ErrKey", err)
	}
}

func TestCheckMeasurement(t *testing.T) {
	v := bytes.Repeat([]byte{7}, 48)
	base := []nitro.PCR{{Index: 0, Value: v}, {Index: 1, Value: v}, {Index: 2, Value: v}}
	with := func(more ...nitro.PCR) []nitro.PCR { return append(base[:3:3], more...) }
	for name, good := range map[string][]nitro.PCR{
		"three": base, "role and signer": with(nitro.PCR{Index: 3, Value: v}, nitro.PCR{Index: 8, Value: v}),
		"own": with(nitro.PCR{Index: 16, Value: v}, nitro.PCR{Index: 31, Value: v}),
	} {
		if err := CheckMeasurement(good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string][]nitro.PCR{
		"none": nil, "two": base[:2], "another order": {base[1], base[0], base[2]}, "locked register": with(nitro.PCR{Index: 5, Value: v}),
		"beyond the last": with(nitro.PCR{Index: 32, Value: v}), "twice": with(nitro.PCR{Index: 4, Value: v}, nitro.PCR{Index: 4, Value: v}),
		"descending": with(nitro.PCR{Index: 8, Value: v}, nitro.PCR{Index: 4, Value: v}), "short": with(nitro.PCR{Index: 4, Value: v[:32]}),
		"zero": {{Index: 0, Value: make([]byte, 48)}, base[1], base[2]},
	} {
		if err := CheckMeasurement(bad); !errors.Is(err, ErrMeasurement) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
