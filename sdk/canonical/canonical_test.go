package canonical

import (
	"encoding/base64"
	"testing"
)

// "fo" and "foo" are test vectors of RFC 4648, section 10.
func TestBase64(t *testing.T) {
	for text, want := range map[string]string{"": "", "Zm8=": "fo", "Zm9v": "foo"} {
		if got, err := Base64(base64.StdEncoding, text); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"Zm9v\n", "Zm\n9v", "Zm9v\r", "\nZm9v", "Zm9=", "Zm8", "Zm8 ="} {
		if got, err := Base64(base64.StdEncoding, text); err == nil {
			t.Errorf("%q: accepted as %q", text, got)
		}
	}
}

func FuzzBase64(f *testing.F) {
	f.Add("Zm8=")
	f.Add("Zm\n8=")
	f.Fuzz(func(t *testing.T, text string) {
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			if b, err := Base64(enc, text); err == nil && enc.EncodeToString(b) != text {
				t.Fatalf("%q decodes, and encodes to %q", text, enc.EncodeToString(b))
			}
		}
	})
}

// The key and its thumbprint are those of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	key, err := Base64(base64.RawURLEncoding, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Thumbprint(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
