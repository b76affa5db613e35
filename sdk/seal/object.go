package seal

import (
	"errors"
	"fmt"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// An EncryptedObject is Seal's container. All of it is public except what the
// payload says.
type EncryptedObject struct {
	Package    sui.Address // first version of the policy package
	ID         []byte      // inner identity
	Services   []Service   // one per share, in object order
	Threshold  uint8       // shares needed
	Nonce      [96]byte    // compressed G2, g2 times the encryption randomness
	Shares     [][32]byte  // encrypted, one per service
	Randomness [32]byte    // encrypted
	Ciphertext Ciphertext
}

// A Service is the holder and the index of one share. A server with weight w
// occurs w times. Objects written before 2025-08 have random indices.
type Service struct {
	Server sui.Address
	Index  uint8
}

// A Ciphertext is the encrypted payload.
type Ciphertext struct {
	DEM  DEM
	Blob []byte   // AES256GCM: the 16-byte tag is at the end
	AAD  []byte   // authenticated public data; nil is "none"
	MAC  [32]byte // HMAC256CTR only
}

// An UnsupportedError names a variant of the object format that this package
// does not know.
type UnsupportedError struct {
	What    string // "key encapsulation", "payload encryption" or "version"
	Variant uint64
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s %d is not supported: the object was written by a newer or other program", e.What, e.Variant)
}

const (
	objectVersion = 0
	kemBFBLS12381 = 0 // Boneh-Franklin over BLS12-381
)

// ParseObject reads an object, which must fill b exactly. Beyond the layout it
// demands what Seal's Move parser demands: version 0, unique non-zero indices,
// one share per service, and a threshold from 1 to the number of shares.
func ParseObject(b []byte) (*EncryptedObject, error) {
	o := new(EncryptedObject)
	if err := bcs.Unmarshal(b, o); err != nil {
		return nil, fmt.Errorf("parse encrypted object: %w", err)
	}
	return o, nil
}

// Bytes returns the BCS of the object.
func (o *EncryptedObject) Bytes() []byte { return bcs.Marshal(o) }

// FullID returns the identity that the object is encrypted to.
func (o *EncryptedObject) FullID() []byte { return FullID(o.Package, o.ID) }

// MarshalBCS implements [bcs.Marshaler].
func (o *EncryptedObject) MarshalBCS(e *bcs.Encoder) {
	e.U8(objectVersion)
	e.Fixed(o.Package[:])
	e.Bytes(o.ID)
	e.ULEB(uint64(len(o.Services)))
	for _, s := range o.Services {
		e.Fixed(s.Server[:])
		e.U8(s.Index)
	}
	e.U8(o.Threshold)
	e.ULEB(kemBFBLS12381)
	e.Fixed(o.Nonce[:])
	e.ULEB(uint64(len(o.Shares)))
	for _, s := range o.Shares {
		e.Fixed(s[:])
	}
	e.Fixed(o.Randomness[:])
	o.Ciphertext.MarshalBCS(e)
}

// UnmarshalBCS implements [bcs.Unmarshaler].
func (o *EncryptedObject) UnmarshalBCS(d *bcs.Decoder) {
	if v := d.U8(); v != objectVersion {
		d.Fail(&UnsupportedError{What: "version", Variant: uint64(v)})
	}
	d.Into(o.Package[:])
	o.ID = d.Bytes()
	o.Services = make([]Service, d.Length(33))
	for i := range o.Services {
		d.Into(o.Services[i].Server[:])
		o.Services[i].Index = d.U8()
	}
	o.Threshold = d.U8()
	if v := d.ULEB(); v != kemBFBLS12381 {
		d.Fail(&UnsupportedError{What: "key encapsulation", Variant: v})
	}
	d.Into(o.Nonce[:])
	o.Shares = make([][32]byte, d.Length(32))
	for i := range o.Shares {
		d.Into(o.Shares[i][:])
	}
	d.Into(o.Randomness[:])
	o.Ciphertext.UnmarshalBCS(d)
	if d.Err() == nil {
		if err := o.check(); err != nil {
			d.Fail(err)
		}
	}
}

func (o *EncryptedObject) check() error {
	n := len(o.Services)
	if len(o.Shares) != n {
		return fmt.Errorf("%d encrypted shares for %d services", len(o.Shares), n)
	}
	if o.Threshold == 0 || int(o.Threshold) > n {
		return fmt.Errorf("threshold %d of %d shares", o.Threshold, n)
	}
	var seen [256]bool
	for _, s := range o.Services {
		if s.Index == 0 {
			return errors.New("share index 0")
		}
		if seen[s.Index] {
			return fmt.Errorf("share index %d occurs twice", s.Index)
		}
		seen[s.Index] = true
	}
	return nil
}

// MarshalBCS implements [bcs.Marshaler].
func (c *Ciphertext) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(c.DEM))
	if c.DEM == Plain {
		return
	}
	e.Bytes(c.Blob)
	if e.Bool(c.AAD != nil); c.AAD != nil {
		e.Bytes(c.AAD)
	}
	if c.DEM == HMAC256CTR {
		e.Fixed(c.MAC[:])
	}
}

// UnmarshalBCS implements [bcs.Unmarshaler].
func (c *Ciphertext) UnmarshalBCS(d *bcs.Decoder) {
	v := d.ULEB()
	if v > uint64(Plain) {
		d.Fail(&UnsupportedError{What: "payload encryption", Variant: v})
		return
	}
	if c.DEM = DEM(v); c.DEM == Plain {
		return
	}
	c.Blob = d.Bytes()
	if d.Option() {
		c.AAD = append([]byte{}, d.Bytes()...)
	}
	if c.DEM == HMAC256CTR {
		d.Into(c.MAC[:])
	}
}

// encryptorPads returns the pads of all shares from the encryption randomness
// r, with one pairing per distinct server.
func (o *EncryptedObject) encryptorPads(r *big.Int, gid bls12381.G1Affine,
	publicKey func(sui.Address) (PublicKey, bool)) ([][32]byte, error) {
	var gidR bls12381.G1Affine
	gidR.ScalarMultiplication(&gid, r)
	return o.pads(gid, func(server sui.Address) (bls12381.GT, error) {
		pk, ok := publicKey(server)
		if !ok {
			return bls12381.GT{}, fmt.Errorf("public key of key server %s is not given", server)
		}
		return bls12381.Pair([]bls12381.G1Affine{gidR}, []bls12381.G2Affine{pk.p})
	})
}

// pads returns the pad of every share, calling pair once per distinct server.
func (o *EncryptedObject) pads(gid bls12381.G1Affine, pair func(sui.Address) (bls12381.GT, error)) ([][32]byte, error) {
	cache := map[sui.Address]*bls12381.GT{}
	pads := make([][32]byte, len(o.Services))
	for i, s := range o.Services {
		gt := cache[s.Server]
		if gt == nil {
			v, err := pair(s.Server)
			if err != nil {
				return nil, err
			}
			gt = &v
			cache[s.Server] = gt
		}
		pads[i] = shareKey(gt, o.Nonce, gid, s.Server, s.Index)
	}
	return pads, nil
}
