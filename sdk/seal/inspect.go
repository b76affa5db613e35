package seal

import (
	"encoding/hex"
	"errors"

	"github.com/floe-data/floe/sdk/sui"
)

// Inspection is what anybody can read from an encrypted object without a key.
// Its JSON is what `floe seal inspect --json` prints.
type Inspection struct {
	Version     int               `json:"version"`
	Package     sui.Address       `json:"package_id"`
	ID          string            `json:"id"` // hex
	FullID      string            `json:"full_id"`
	Servers     []InspectedServer `json:"servers"`
	Shares      int               `json:"shares"`
	Threshold   int               `json:"threshold"`
	KEM         string            `json:"kem"`
	DEM         string            `json:"dem"`
	AAD         *string           `json:"aad"` // hex; null when there is none
	ObjectSize  int               `json:"object_size"`
	PayloadSize int               `json:"payload_size"` // of the plaintext
	Public      []string          `json:"public"`
	Secret      []string          `json:"secret"`
	Warnings    []string          `json:"warnings,omitempty"`
}

// InspectedServer is a key server of an object.
type InspectedServer struct {
	Server  sui.Address `json:"object_id"`
	Weight  int         `json:"weight"`
	Indices []int       `json:"indices"`
}

// Inspect describes the object in b. An object of an unknown kind gives an
// [UnsupportedError].
func Inspect(b []byte) (*Inspection, error) {
	o, err := ParseObject(b)
	if err != nil {
		return nil, err
	}
	in := &Inspection{
		Version:     objectVersion,
		Package:     o.Package,
		ID:          hex.EncodeToString(o.ID),
		FullID:      hex.EncodeToString(o.FullID()),
		Servers:     groupServers(o.Services),
		Shares:      len(o.Shares),
		Threshold:   int(o.Threshold),
		KEM:         "Boneh-Franklin BLS12-381",
		DEM:         o.Ciphertext.DEM.String(),
		ObjectSize:  len(b),
		PayloadSize: len(o.Ciphertext.Blob),
		Public: []string{
			"policy package and identity", "key servers, weights and threshold",
			"additional authenticated data", "size of the payload",
		},
		Secret: []string{"payload"},
	}
	if o.Ciphertext.AAD != nil {
		s := hex.EncodeToString(o.Ciphertext.AAD)
		in.AAD = &s
	}
	if o.Ciphertext.DEM == AES256GCM {
		if in.PayloadSize -= 16; in.PayloadSize < 0 {
			return nil, errors.New("parse encrypted object: AES-256-GCM payload is shorter than its tag")
		}
	}
	if _, err := ParseG2(o.Nonce[:]); err != nil {
		in.Warnings = append(in.Warnings, "nonce is no valid point: the object cannot be decrypted")
	}
	return in, nil
}

func groupServers(services []Service) []InspectedServer {
	var out []InspectedServer
	at := map[sui.Address]int{}
	for _, s := range services {
		i, ok := at[s.Server]
		if !ok {
			i = len(out)
			at[s.Server] = i
			out = append(out, InspectedServer{Server: s.Server})
		}
		out[i].Weight++
		out[i].Indices = append(out[i].Indices, int(s.Index))
	}
	return out
}
