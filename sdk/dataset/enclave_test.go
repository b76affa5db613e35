package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/attest"
)

// TestReadMeasurement reads what AWS' nitro-cli prints (its documentation shows
// this form) and registers of a real document.
func TestReadMeasurement(t *testing.T) {
	one, two, three := strings.Repeat("1a", 48), strings.Repeat("2b", 48), strings.Repeat("3c", 48)
	got, err := ReadMeasurement([]byte(`{"Measurements": {"HashAlgorithm": "Sha384 { ... }", "PCR0": "` + one + `", "PCR1": "` + two + `", "PCR2": "` + three + `", "PCR8": "` + one + `"}}`))
	if err != nil || len(got) != 4 || got[3].Index != 8 || !bytes.Equal(got[1].Value, bytes.Repeat([]byte{0x2b}, 48)) {
		t.Errorf("got %+v, %v", got, err)
	}
	document, err := os.ReadFile(filepath.Join("..", "nitro", "testdata", "weather.hex"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err = ReadMeasurement(document); err != nil || len(got) != 3 {
		t.Errorf("of a document: got %+v, %v", got, err)
	}
	if again, err := ReadMeasurement(Document(document)); err != nil || SayMeasurement(again) != SayMeasurement(got) {
		t.Errorf("of a document as bytes: got %+v, %v", again, err)
	}
	for name, text := range map[string]string{
		"nothing":        "",
		"empty JSON":     "{}",
		"no hex":         `{"Measurements": {"PCR0": "xy"}}`,
		"a short one":    `{"Measurements": {"PCR0": "1a", "PCR1": "2b", "PCR2": "3c"}}`,
		"an unknown one": `{"Measurements": {"PCR0": "` + one + `", "PCR1": "` + two + `", "PCR2": "` + three + `", "PCR5": "` + one + `"}}`,
	} {
		if got, err := ReadMeasurement([]byte(text)); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func FuzzReadMeasurement(f *testing.F) {
	f.Add([]byte(`{"Measurements": {"PCR0": "00"}}`))
	f.Add([]byte("8444a1013822a0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, err := ReadMeasurement(text); err == nil {
			if err := attest.CheckMeasurement(got); err != nil {
				t.Errorf("read %+v: %v", got, err)
			}
		}
	})
}
