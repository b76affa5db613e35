package sui

import (
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

func readBase64(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTransactionVector(t *testing.T) {
	raw := readBase64(t, "transaction-pyth.base64")
	var data TransactionData
	if err := bcs.Unmarshal(raw, &data); err != nil {
		t.Fatal(err)
	}
	if got := bcs.Marshal(data); !bytes.Equal(got, raw) {
		t.Fatalf("re-encoded transaction differs")
	}
}

func TestEffectsVector(t *testing.T) {
	raw := readBase64(t, "effects-v2.base64")
	var fx TransactionEffects
	if err := bcs.Unmarshal(raw, &fx); err != nil {
		t.Fatal(err)
	}
	if got := bcs.Marshal(fx); !bytes.Equal(got, raw) {
		t.Fatalf("re-encoded effects differ")
	}
}
