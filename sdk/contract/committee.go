package contract

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/sui"
)

// InitCommittee makes a committee of key servers that will make a new key. cap
// is the right to upgrade its copy of the package, p.Committee, which goes over
// to the committee. Party i is members[i]. The object is shared; the transaction
// says which it is.
func InitCommittee(b *sui.Builder, p Packages, cap sui.Address, threshold uint16, members []sui.Address) {
	p.SealCommitteeCalls(b).InitCommittee(Object[UpgradeCap](b, cap), Pure(b, threshold), Pure(b, members))
}

// InitRotation makes a committee that will take over the key of another. The
// CommitteeRotationInitiated event names the object. The sender is a member of
// the old committee.
func InitRotation(b *sui.Builder, p Packages, old sui.Address, threshold uint16, members []sui.Address) {
	p.SealCommitteeCalls(b).InitRotation(Object[KeyCommittee](b, old), Pure(b, threshold), Pure(b, members))
}

// RegisterMember registers the sender's keys for the ceremony, and its server.
func RegisterMember(b *sui.Builder, p Packages, committee sui.Address, m KeyCommitteeMember) {
	p.SealCommitteeCalls(b).Register(Object[KeyCommittee](b, committee), Pure(b, m.EncryptionKey), Pure(b, m.SigningKey), Pure(b, m.URL), Pure(b, m.Name))
}

// A KeyProposal is what a ceremony gave: all members propose the same.
type KeyProposal struct {
	PartialPublicKeys [][]byte // by party, compressed G2 points of 96 bytes
	PublicKey         []byte   // of the committee; the chain knows it in a rotation
	MessagesHash      []byte   // 32 bytes
}

// ProposeKeys proposes what the ceremony gave the sender, for a new key or for a
// rotation, as the committee says. The last member's proposal makes the key
// server, or moves it from the old committee, which is then deleted.
func ProposeKeys(b *sui.Builder, p Packages, c *KeyCommittee, k KeyProposal) {
	calls, self, keys, hash := p.SealCommitteeCalls(b), Object[KeyCommittee](b, c.ID), Pure(b, k.PartialPublicKeys), Pure(b, k.MessagesHash)
	if old := c.OldCommitteeID; old != nil {
		calls.ProposeForRotation(self, keys, hash, Object[KeyCommittee](b, *old))
		return
	}
	calls.Propose(self, keys, Pure(b, k.PublicKey), hash)
}

// UpdateMemberURL moves the sender's server to another URL.
func UpdateMemberURL(b *sui.Builder, p Packages, committee sui.Address, url string) {
	p.SealCommitteeCalls(b).UpdateMemberURL(Object[KeyCommittee](b, committee), Pure(b, url))
}

// Party returns an address' party id, its position in the committee.
func (c *KeyCommittee) Party(member sui.Address) (int, bool) {
	for i, m := range c.Members {
		if m == member {
			return i, true
		}
	}
	return 0, false
}

// MemberAddresses reads the addresses of the members of a committee that has a key
// server of so many members, by party: their receipts are signed as these.
func MemberAddresses(ctx context.Context, chain ObjectReader, keyServer sui.Address, members int) ([]sui.Address, error) {
	c, err := holder(ctx, chain, keyServer)
	if err == nil && len(c.Members) != members {
		err = fmt.Errorf("its committee %s has %d members, and it shows %d; has it rotated just now?", c.ID, len(c.Members), members)
	}
	if err != nil {
		return nil, fmt.Errorf("find members of key server %s: %w", keyServer, err)
	}
	return c.Members, nil
}

// An ObjectReader reads the newest version of an object; *suirpc.Client is one.
type ObjectReader interface {
	Object(ctx context.Context, id sui.Address) (*sui.Object, error)
}

// holder finds the committee that holds a key server: the owner of the owner. See
// KeyServerField.
func holder(ctx context.Context, chain ObjectReader, id sui.Address) (*KeyCommittee, error) {
	for range 2 {
		o, err := chain.Object(ctx, id)
		if err != nil {
			return nil, err
		}
		if o.Owner.Kind != sui.OwnerObject {
			return nil, errors.New("no committee holds it")
		}
		id = o.Owner.Address
	}
	o, err := chain.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	return ParseCommittee(o)
}

// KeyServerField returns the id of the dynamic field that links a committee to
// its key server, once it has one: read it with [ParseObjectField]. The key
// server is a dynamic object field, so its owner is that field, and the field's
// owner the committee.
func KeyServerField(committee sui.Address) sui.Address {
	return objectField(committee, sui.StructTag{Address: sui.Framework, Module: "object", Name: "ID"}, committee[:])
}

// UpgradeManagerField returns the same for the committee's UpgradeManager.
func (p Packages) UpgradeManagerField(committee sui.Address) sui.Address {
	return objectField(committee, *p.Committee.typ("seal_committee", "UpgradeManagerKey"), []byte{0})
}

// objectField returns the id of the Field that links to a dynamic object field.
func objectField(parent sui.Address, name sui.StructTag, key []byte) sui.Address {
	wrapper := sui.StructTag{Address: sui.Framework, Module: "dynamic_object_field", Name: "Wrapper", Params: []sui.TypeTag{name.Tag()}}
	return sui.DynamicFieldID(parent, wrapper.Tag(), key)
}

// ParseObjectField reads which object a dynamic object field holds: its Field is
// id, name and the object's id.
func ParseObjectField(o *sui.Object) (sui.Address, error) {
	t := o.Type()
	if t == nil || t.Address != sui.Framework || t.Module != "dynamic_field" || t.Name != "Field" || len(o.Move.Contents) < 64 {
		return sui.Address{}, fmt.Errorf("parse dynamic object field: %w", ErrWrongType)
	}
	return sui.Address(o.Move.Contents[len(o.Move.Contents)-32:]), nil
}
