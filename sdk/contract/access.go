package contract

import "github.com/floe-data/floe/sdk/sui"

// CreatePolicy creates and shares a policy of the sender and gives its
// capability to owner. The bounds of the time window are inclusive, in Unix
// milliseconds; nil is unbounded. The PolicyCreated event names both objects.
func CreatePolicy(b *sui.Builder, p Packages, notBeforeMS, notAfterMS *uint64, owner sui.Address) {
	policy, cap := p.PolicyCalls(b).New(Pure(b, notBeforeMS), Pure(b, notAfterMS), p.accessVersion(b))
	p.PolicyCalls(b).Share(policy, p.accessVersion(b))
	b.Transfer(owner, cap.Arg)
}

// Grant puts member on the allow-list of policy; cap is its capability.
func Grant(b *sui.Builder, p Packages, policy, cap, member sui.Address) {
	p.MembersCalls(b).Grant(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, member), p.accessVersion(b))
}

// GrantAll puts members on the allow-list of policy, all or none; about 500 fit
// in one argument.
func GrantAll(b *sui.Builder, p Packages, policy, cap sui.Address, members []sui.Address) {
	p.MembersCalls(b).GrantAll(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, members), p.accessVersion(b))
}

// Revoke takes member off the allow-list of policy.
func Revoke(b *sui.Builder, p Packages, policy, cap, member sui.Address) {
	p.MembersCalls(b).Revoke(Object[Policy](b, policy), Object[PolicyCap](b, cap), Pure(b, member), p.accessVersion(b))
}

// SealApprove asks whether the sender may have the key of the identity id,
// which starts with the policy's object id and is given without the package
// prefix. What it reads are shared objects, resolved, since key servers take the
// transaction as it is. It is for key servers to simulate; it has no effect.
func SealApprove(b *sui.Builder, p Packages, id []byte, read Read) {
	p.PolicyCalls(b).SealApprove(Pure(b, id), Arg[Policy]{read.Policy}, Arg[Lineage]{read.Lineage}, Arg[PackageVersion]{read.Version})
}

// Read are the shared objects that every decision reads, each read-only.
type Read struct {
	Policy  sui.Arg
	Lineage sui.Arg // see [Shared]
	Version sui.Arg // the PackageVersion: [Shared.AccessVersion]
}

// An EnclaveProof shows that the sender is the wallet of an enclave: the enclave
// signed an attest.WalletPayload of the wallet's Ed25519 key.
type EnclaveProof struct {
	Config, Enclave sui.Arg // shared objects; for key servers resolved and read-only
	Wallet          []byte
	Signed          Signed
}

// SealApproveWithEnclave is [SealApprove] for the wallet of an enclave.
func SealApproveWithEnclave(b *sui.Builder, p Packages, id []byte, e EnclaveProof, read Read) {
	p.EnclaveGateCalls(b).SealApproveWithEnclave(Pure(b, id), Arg[Policy]{read.Policy}, Arg[EnclaveConfig]{e.Config}, Arg[Enclave]{e.Enclave},
		Pure(b, e.Wallet), Pure(b, e.Signed.TimestampMS), Pure(b, e.Signed.Signature), Arg[Lineage]{read.Lineage}, Arg[PackageVersion]{read.Version})
}

// SealApproveWithEnclaveRequest is SealApproveWithRequest for the wallet of an
// enclave: what the request says was shown counts as well.
func SealApproveWithEnclaveRequest(b *sui.Builder, p Packages, id []byte, request sui.Arg, e EnclaveProof, read Read) {
	p.EnclaveGateCalls(b).SealApproveWithEnclaveRequest(Pure(b, id), Arg[Policy]{read.Policy}, Arg[KeyRequest]{request}, Arg[EnclaveConfig]{e.Config}, Arg[Enclave]{e.Enclave},
		Pure(b, e.Wallet), Pure(b, e.Signed.TimestampMS), Pure(b, e.Signed.Signature), Arg[Lineage]{read.Lineage}, Arg[PackageVersion]{read.Version})
}

// MigrateAccess puts the latest version of the access package in force and so
// switches older ones off. cap is the PackageVersionCap.
func MigrateAccess(b *sui.Builder, p Packages, cap sui.Address) {
	p.VersionCalls(b).Migrate(p.accessVersion(b), Object[PackageVersionCap](b, cap))
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
