package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// CreatePolicy creates and shares a policy of the sender and gives its
// capability to owner. The bounds of the time window are inclusive, in Unix
// milliseconds; nil is unbounded. The PolicyCreated event names both objects.
func CreatePolicy(b *sui.Builder, p Packages, notBeforeMS, notAfterMS *uint64, owner sui.Address) {
	made := call(b, p.Access, "policy", "new", b.Pure(notBeforeMS), b.Pure(notAfterMS))
	call(b, p.Access, "policy", "share", made.At(0))
	b.Transfer(owner, made.At(1))
}

// Grant puts member on the allow-list of policy; cap is its capability.
func Grant(b *sui.Builder, p Packages, policy, cap, member sui.Address) {
	call(b, p.Access, "policy", "grant", b.Object(policy), b.Object(cap), b.Pure(member), b.Clock())
}

// Revoke takes member off the allow-list of policy.
func Revoke(b *sui.Builder, p Packages, policy, cap, member sui.Address) {
	call(b, p.Access, "policy", "revoke", b.Object(policy), b.Object(cap), b.Pure(member))
}

// SealApprove asks whether the sender may have the key of the identity id,
// which starts with the policy's object id and is given without the package
// prefix. policy and version (the PackageVersion) are read-only shared objects,
// resolved, since key servers take the transaction as it is. It is for key
// servers to simulate; it has no effect.
func SealApprove(b *sui.Builder, p Packages, id []byte, policy, version sui.Arg) {
	call(b, p.Access, "policy", "seal_approve", b.Pure(id), policy, version, b.Clock())
}

// MigrateAccess puts the latest version of the access package in force and so
// switches older ones off. cap is the PackageVersionCap.
func MigrateAccess(b *sui.Builder, p Packages, version, cap sui.Address) {
	call(b, p.Access, "version", "migrate", b.Object(version), b.Object(cap))
}

// Policy says who may decrypt, and when: whoever meets one of its clauses.
type Policy struct {
	Identity
	Owner sui.Address
	// Members is the id of the allow-list: its dynamic fields have addresses
	// as names and the time of the grant (u64, Unix milliseconds) as values.
	Members     sui.Address
	MemberCount uint64
	Clauses     []Clause
	Offers      []Offer
	Payee       sui.Address // is paid for passes
	// Approvals is the id of the stewards' approvals: dynamic fields.
	Approvals     sui.Address
	ApprovalCount uint64
	Delegates     []sui.Address // may add and remove members without the capability
	Proposals     []Proposal
	DelayMS       uint64 // how long changes that widen wait
	Live          bool   // shared
	Frozen        bool   // nothing can widen it ever again
	Hold          Hold
	Next          uint64 // number of the next clause, offer or proposal

	// NotBeforeMS and NotAfterMS bound when some clause can be met, both
	// inclusive; nil is unbounded. They follow from Clauses.
	NotBeforeMS, NotAfterMS *uint64
}

// ParsePolicy reads a Policy.
func ParsePolicy(o *sui.Object) (*Policy, error) {
	v := new(Policy)
	id, err := parse(o, "policy", "Policy", func(d *bcs.Decoder) {
		v.Owner, v.Members, v.MemberCount = address(d), address(d), d.U64()
		v.Clauses, v.Offers, v.Payee = clauses(d), offers(d), address(d)
		v.Approvals, v.ApprovalCount = address(d), d.U64()
		v.Delegates, v.Proposals, v.DelayMS = addresses(d), proposals(d), d.U64()
		v.Live, v.Frozen, v.Hold, v.Next = d.Bool(), d.Bool(), readHold(d), d.U64()
	})
	if err != nil {
		return nil, err
	}
	v.Identity = id
	v.NotBeforeMS, v.NotAfterMS = window(v.Clauses)
	return v, nil
}

// Window returns the first and the last moment at which the clause can be met,
// in Unix milliseconds; nil is unbounded.
func (c Clause) Window() (from, to *uint64) {
	for _, r := range c.Rules {
		switch at := r.AtMS; {
		case r.Kind == RuleNotBefore && (from == nil || *from < at):
			from = &at
		case r.Kind == RuleNotAfter && (to == nil || *to > at):
			to = &at
		}
	}
	return from, to
}

// window is the hull of the windows of all clauses.
func window(all []Clause) (from, to *uint64) {
	for i, c := range all {
		f, t := c.Window()
		if i == 0 {
			from, to = f, t
			continue
		}
		if from != nil && (f == nil || *f < *from) {
			from = f
		}
		if to != nil && (t == nil || *t > *to) {
			to = t
		}
	}
	return from, to
}

// PolicyCap is the right to manage one policy.
type PolicyCap struct {
	Identity
	Policy sui.Address
}

// ParsePolicyCap reads a PolicyCap.
func ParsePolicyCap(o *sui.Object) (*PolicyCap, error) {
	v := new(PolicyCap)
	id, err := parse(o, "policy", "PolicyCap", func(d *bcs.Decoder) { v.Policy = address(d) })
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return v, nil
}

// PackageVersion is the version of the access package that is in force.
type PackageVersion struct {
	Identity
	Version uint64
}

// ParsePackageVersion reads the shared PackageVersion.
func ParsePackageVersion(o *sui.Object) (*PackageVersion, error) {
	v := new(PackageVersion)
	id, err := parse(o, "version", "PackageVersion", func(d *bcs.Decoder) { v.Version = d.U64() })
	if err != nil {
		return nil, err
	}
	v.Identity = id
	return v, nil
}

// PolicyCreated: a policy was created.
type PolicyCreated struct {
	PolicyID    sui.Address
	CapID       sui.Address
	Owner       sui.Address
	NotBeforeMS *uint64
	NotAfterMS  *uint64
}

// UnmarshalBCS reads the event.
func (v *PolicyCreated) UnmarshalBCS(d *bcs.Decoder) {
	v.PolicyID, v.CapID, v.Owner = address(d), address(d), address(d)
	v.NotBeforeMS, v.NotAfterMS = optionU64(d), optionU64(d)
}

// AccessGranted: an address joined a policy's allow-list.
type AccessGranted struct{ PolicyID, Member sui.Address }

// UnmarshalBCS reads the event.
func (v *AccessGranted) UnmarshalBCS(d *bcs.Decoder) { v.PolicyID, v.Member = address(d), address(d) }

// AccessRevoked: an address left a policy's allow-list.
type AccessRevoked struct{ PolicyID, Member sui.Address }

// UnmarshalBCS reads the event.
func (v *AccessRevoked) UnmarshalBCS(d *bcs.Decoder) { v.PolicyID, v.Member = address(d), address(d) }
