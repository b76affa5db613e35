package contract

import "github.com/floe-data/floe/sdk/sui"

// CreatePolicy creates and shares a policy of the sender and gives its
// capability to owner. The bounds of the time window are inclusive, in Unix
// milliseconds; nil is unbounded. The PolicyCreated event names both objects.
func CreatePolicy(b *sui.Builder, p Packages, notBeforeMS, notAfterMS *uint64, owner sui.Address) {
	policy, cap := p.PolicyCalls(b).New(Pure(b, notBeforeMS), Pure(b, notAfterMS))
	p.PolicyCalls(b).Share(policy)
	b.Transfer(owner, cap.Arg)
}

// Grant puts member on the allow-list of policy; cap is its capability.
func Grant(b *sui.Builder, p Packages, policy, cap, member sui.Address) {
	p.PolicyCalls(b).Grant(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, member))
}

// Revoke takes member off the allow-list of policy.
func Revoke(b *sui.Builder, p Packages, policy, cap, member sui.Address) {
	p.PolicyCalls(b).Revoke(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, member))
}

// SealApprove asks whether the sender may have the key of the identity id,
// which starts with the policy's object id and is given without the package
// prefix. policy and version (the PackageVersion) are read-only shared objects,
// resolved, since key servers take the transaction as it is. It is for key
// servers to simulate; it has no effect.
func SealApprove(b *sui.Builder, p Packages, id []byte, policy, version sui.Arg) {
	p.PolicyCalls(b).SealApprove(Pure(b, id), Arg[Policy]{policy}, Arg[PackageVersion]{version})
}

// MigrateAccess puts the latest version of the access package in force and so
// switches older ones off. cap is the PackageVersionCap.
func MigrateAccess(b *sui.Builder, p Packages, version, cap sui.Address) {
	p.VersionCalls(b).Migrate(Object[PackageVersion](b, version), Object[PackageVersionCap](b, cap))
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

// Window bounds when some clause of the policy can be met, both inclusive, in
// Unix milliseconds; nil is unbounded.
func (v *Policy) Window() (from, to *uint64) {
	for i, c := range v.Clauses {
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
