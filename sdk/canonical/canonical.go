// Package canonical decodes text that has one spelling only, so that what is
// hashed or signed as text cannot be written in another way.
package canonical

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Base64 decodes text as enc writes it. [base64.Encoding] alone passes over line
// breaks, strict or not, and reads bits beyond the last byte unless strict.
func Base64(enc *base64.Encoding, text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("there is a line break in the base64")
	}
	return enc.Strict().DecodeString(text)
}
