package chain

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// The first byte of a value in bucketObjects. An object that was deleted or
// wrapped leaves a tombstone at the version of the transaction that did it, so
// that a read of an older version still works and a read of the newest fails.
const (
	objectStored  = 1
	objectDeleted = 2
)

// object returns the live version of an object, or errNotFound.
func (v view) object(id sui.Address) (*sui.Object, error) {
	version := v.bucket(bucketLive).Get(id[:])
	if version == nil {
		return nil, fmt.Errorf("object %s: %w", id, errNotFound)
	}
	return v.objectAt(id, fromBE(version))
}

// objectAt returns one version of an object, or errNotFound.
func (v view) objectAt(id sui.Address, version uint64) (*sui.Object, error) {
	raw := v.bucket(bucketObjects).Get(key(id[:], be(version)))
	if len(raw) == 0 || raw[0] != objectStored {
		return nil, fmt.Errorf("object %s at version %d: %w", id, version, errNotFound)
	}
	return decodeObject(raw[1:])
}

// childAt returns the newest version of child, at most max, if parent owned it
// then, or errNotFound.
func (v view) childAt(parent, child sui.Address, max uint64) (*sui.Object, error) {
	c := v.bucket(bucketObjects).Cursor()
	k, raw := c.Seek(key(child[:], be(max)))
	if k == nil || !bytes.HasPrefix(k, child[:]) || fromBE(k[32:]) > max {
		k, raw = c.Prev()
	}
	missing := fmt.Errorf("object %s of %s up to version %d: %w", child, parent, max, errNotFound)
	if k == nil || !bytes.HasPrefix(k, child[:]) || len(raw) == 0 || raw[0] != objectStored {
		return nil, missing
	}
	obj, err := decodeObject(raw[1:])
	if err != nil {
		return nil, err
	}
	if obj.Owner.Kind != sui.OwnerObject || obj.Owner.Address != parent {
		return nil, missing
	}
	return obj, nil
}

func decodeObject(raw []byte) (*sui.Object, error) {
	obj := new(sui.Object)
	if err := bcs.Unmarshal(bytes.Clone(raw), obj); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return obj, nil
}

// putObject stores a new version of an object and makes it the live one.
func (v view) putObject(obj *sui.Object) error {
	id, version := obj.ID(), obj.Version()
	if err := v.dropIndex(id); err != nil {
		return err
	}
	raw := append([]byte{objectStored}, bcs.Marshal(obj)...)
	if err := v.bucket(bucketObjects).Put(key(id[:], be(version)), raw); err != nil {
		return err
	}
	if err := v.bucket(bucketLive).Put(id[:], be(version)); err != nil {
		return err
	}
	return v.eachIndex(obj, func(bucket, k, value []byte) error { return v.bucket(bucket).Put(k, value) })
}

// removeObject makes an object unreachable from version on.
func (v view) removeObject(id sui.Address, version uint64) error {
	if err := v.dropIndex(id); err != nil {
		return err
	}
	if err := v.bucket(bucketLive).Delete(id[:]); err != nil {
		return err
	}
	return v.bucket(bucketObjects).Put(key(id[:], be(version)), []byte{objectDeleted})
}

// dropIndex removes the index entries of the live version of an object, except
// those of packages, which are immutable and stay.
func (v view) dropIndex(id sui.Address) error {
	version := v.bucket(bucketLive).Get(id[:])
	if version == nil {
		return nil
	}
	obj, err := v.objectAt(id, fromBE(version))
	if err != nil {
		return err
	}
	return v.eachIndex(obj, func(bucket, k, _ []byte) error {
		if bytes.Equal(bucket, bucketPackages) {
			return nil
		}
		return v.bucket(bucket).Delete(k)
	})
}

// eachIndex calls f with every index entry of an object.
func (v view) eachIndex(obj *sui.Object, f func(bucket, k, value []byte) error) error {
	id := obj.ID()
	if obj.Package != nil {
		original, err := originalID(obj.Package)
		if err != nil {
			return err
		}
		return f(bucketPackages, key(original[:], be(obj.Package.Version)), id[:])
	}
	if k := coinInfoKey(&obj.Move.Type); k != nil {
		if err := f(bucketCoins, k, id[:]); err != nil {
			return err
		}
	}
	switch obj.Owner.Kind {
	case sui.OwnerAddress, sui.OwnerConsensusAddress:
		return f(bucketOwned, ownedKey(obj), be(obj.Version()))
	case sui.OwnerObject:
		return f(bucketChildren, key(obj.Owner.Address[:], id[:]), be(obj.Version()))
	}
	return nil
}

// coinInfoKey is the index key of an object that tells about a coin type: its
// CoinMetadata or TreasuryCap; nil for other types.
func coinInfoKey(t *sui.StructTag) []byte {
	if t.Address != sui.Framework || t.Module != "coin" || len(t.Params) != 1 || t.Name != "CoinMetadata" && t.Name != "TreasuryCap" {
		return nil
	}
	return key([]byte(t.Params[0].String()), []byte{0}, []byte(t.Name))
}

// coinInfo returns the CoinMetadata or TreasuryCap of a coin type; nil when
// there is none.
func (v view) coinInfo(coin *sui.StructTag, name string) *sui.Object {
	id := v.bucket(bucketCoins).Get(key([]byte(coin.String()), []byte{0}, []byte(name)))
	if len(id) != 32 {
		return nil
	}
	obj, err := v.object(sui.Address(id))
	if err != nil {
		return nil
	}
	return obj
}

// ownedKey orders the objects of an owner by type, coins by falling balance,
// then by id, as a full node lists them.
func ownedKey(obj *sui.Object) []byte {
	id := obj.ID()
	balance, _ := coinBalance(obj)
	return key(obj.Owner.Address[:], []byte(obj.Move.Type.String()), []byte{0}, be(^balance), id[:])
}

// splitOwnedKey is the inverse of ownedKey.
func splitOwnedKey(k []byte) (typ string, balance uint64, id sui.Address, ok bool) {
	if len(k) < 32+1+8+32 {
		return "", 0, id, false
	}
	tail := k[len(k)-40:]
	copy(id[:], tail[8:])
	return string(k[32 : len(k)-41]), ^binary.BigEndian.Uint64(tail), id, true
}

// scan calls f for the entries of a bucket that begin with prefix and come
// after the key after (nil: from the start), until f returns false.
func (v view) scan(bucket, prefix, after []byte, f func(k, value []byte) bool) {
	c := v.bucket(bucket).Cursor()
	start := prefix
	if bytes.Compare(after, prefix) > 0 {
		start = after
	}
	k, value := c.Seek(start)
	if after != nil && bytes.Equal(k, after) {
		k, value = c.Next()
	}
	for ; k != nil && bytes.HasPrefix(k, prefix); k, value = c.Next() {
		if !f(k, value) {
			return
		}
	}
}

// coinBalance returns the balance of a coin object.
func coinBalance(obj *sui.Object) (uint64, bool) {
	balance, err := obj.CoinBalance()
	return balance, err == nil
}
