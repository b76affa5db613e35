package contract

import (
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// written makes each call that is written by hand once.
var written = map[string]func(b *sui.Builder, p Packages){
	"RegisterBlob": func(b *sui.Builder, p Packages) { RegisterBlob(b, p, Registration{System: id(1), BlobID: blobID(7)}) },
	"CertifyBlob":  func(b *sui.Builder, p Packages) { CertifyBlob(b, p, id(1), id(2), []byte{1}, []byte{2}, []byte{3}) },
	"SetCommittee": func(b *sui.Builder, p Packages) {
		SetCommittee(b, p, id(1), id(2), &walrus.Committee{Epoch: 3, Members: []walrus.Member{{Name: "a", Shards: []int{0, 1}}}}, [][]byte{{9}})
	},
	"HandOver": func(b *sui.Builder, p Packages) {
		HandOver(b, p, id(1), id(2), &walrus.Committee{}, nil, &walrus.Certificate{})
	},
	"ProposeCommittee":    func(b *sui.Builder, p Packages) { ProposeCommittee(b, p, id(1), id(2), &walrus.Committee{}, nil) },
	"ApplyCommittee":      func(b *sui.Builder, p Packages) { ApplyCommittee(b, p, id(1), id(2)) },
	"CancelCommittee":     func(b *sui.Builder, p Packages) { CancelCommittee(b, p, id(1), id(2)) },
	"RaiseCommitteeDelay": func(b *sui.Builder, p Packages) { RaiseCommitteeDelay(b, p, id(1), id(2), 3) },
	"MigrateStorage":      func(b *sui.Builder, p Packages) { MigrateStorage(b, p, id(1), id(2)) },
	"ExtendBlob":          func(b *sui.Builder, p Packages) { ExtendBlob(b, p, id(1), id(2), 9) },
	"ExtendFrozenBlob":    func(b *sui.Builder, p Packages) { ExtendFrozenBlob(b, p, id(1), id(2), 9) },
	"DeleteBlob":          func(b *sui.Builder, p Packages) { DeleteBlob(b, p, id(1), id(2)) },
	"ExpireBlob":          func(b *sui.Builder, p Packages) { ExpireBlob(b, p, id(1), id(2)) },
	"CreatePolicy":        func(b *sui.Builder, p Packages) { CreatePolicy(b, p, nil, ptr[uint64](5), id(3)) },
	"Grant":               func(b *sui.Builder, p Packages) { Grant(b, p, id(1), id(2), id(3)) },
	"Revoke":              func(b *sui.Builder, p Packages) { Revoke(b, p, id(1), id(2), id(3)) },
	"SealApprove":         func(b *sui.Builder, p Packages) { SealApprove(b, p, []byte{1}, testRead(b)) },
	"SealApproveWithEnclave": func(b *sui.Builder, p Packages) {
		SealApproveWithEnclave(b, p, []byte{1}, EnclaveProof{Config: b.Object(id(1)), Enclave: b.Object(id(2))}, testRead(b))
	},
	"SealApproveWithEnclaveRequest": func(b *sui.Builder, p Packages) {
		SealApproveWithEnclaveRequest(b, p, []byte{1}, b.Object(id(3)), EnclaveProof{Config: b.Object(id(1)), Enclave: b.Object(id(2))}, testRead(b))
	},
	"RequestKeysAsEnclave": func(b *sui.Builder, p Packages) {
		RequestKeys(b, p, id(1), KeyRequestEvidence{Enclave: &EnclaveProof{Config: b.Object(id(2)), Enclave: b.Object(id(3))}})
	},
	"MigrateAccess":  func(b *sui.Builder, p Packages) { MigrateAccess(b, p, id(1)) },
	"Summarize":      func(b *sui.Builder, p Packages) { Summarize(b, p, testRead(b)) },
	"CreateDataset":  func(b *sui.Builder, p Packages) { CreateDataset(b, p, "iris", id(3)) },
	"PublishVersion": func(b *sui.Builder, p Packages) { PublishVersion(b, p, NewVersion{Dataset: id(1), Cap: id(2)}) },
	"GrantAll":       func(b *sui.Builder, p Packages) { GrantAll(b, p, id(1), id(2), []sui.Address{id(3), id(4)}) },
	"Bind":           func(b *sui.Builder, p Packages) { Bind(b, p, id(1), id(2), id(3)) },
	"MakeOffer":      func(b *sui.Builder, p Packages) { MakeOffer(b, p, id(1), id(2), Offer{CoinType: suiName}) },
	"MakeOfferFor": func(b *sui.Builder, p Packages) {
		MakeOffer(b, p, id(1), id(2), Offer{CoinType: suiName, Version: ptr(id(3))})
	},
	"BuyVersionPass": func(b *sui.Builder, p Packages) {
		BuyVersionPass(b, p, id(1), Offer{CoinType: suiName}, b.Object(id(2)), id(3), id(4))
	},
	"RefundPass":     func(b *sui.Builder, p Packages) { RefundPass(b, p, id(1), Offer{CoinType: suiName}, id(2), id(3)) },
	"VoteLegalHold":  func(b *sui.Builder, p Packages) { VoteLegalHold(b, p, id(1), id(2), true) },
	"EndLegalHold":   func(b *sui.Builder, p Packages) { EndLegalHold(b, p, id(1), id(2)) },
	"MigrateCatalog": func(b *sui.Builder, p Packages) { MigrateCatalog(b, p, id(1)) },
	"BindOrigin":     func(b *sui.Builder, p Packages) { BindOrigin(b, p, id(1), id(2), id(3), [32]byte{}) },
	"PublishDerived": func(b *sui.Builder, p Packages) {
		PublishDerived(b, p, id(1), NewVersion{Dataset: id(2), Cap: id(3)}, testTerms)
	},
	"RecordVersion":   func(b *sui.Builder, p Packages) { RecordVersion(b, p, id(1), id(2), id(3), testTerms) },
	"RevokeVersion":   func(b *sui.Builder, p Packages) { RevokeVersion(b, p, id(1), id(2), id(3), nil) },
	"PlaceHold":       func(b *sui.Builder, p Packages) { PlaceHold(b, p, id(1), id(2), id(3), nil) },
	"AnnounceRelease": func(b *sui.Builder, p Packages) { AnnounceRelease(b, p, id(1), id(2), id(3)) },
	"ReleaseHold":     func(b *sui.Builder, p Packages) { ReleaseHold(b, p, id(1), id(2), id(3)) },
	"AssertLiving":    func(b *sui.Builder, p Packages) { AssertLiving(b, p, id(1), id(2), 3) },
	"ExtendVersion":   func(b *sui.Builder, p Packages) { ExtendVersion(b, p, id(1), id(2), 3) },
	"ExpireVersion":   func(b *sui.Builder, p Packages) { ExpireVersion(b, p, id(1), id(2)) },
	"GiveConsent":     func(b *sui.Builder, p Packages) { GiveConsent(b, p, id(1), [32]byte{}, nil) },
	"AttachConsent":   func(b *sui.Builder, p Packages) { AttachConsent(b, p, id(1), id(2), id(3), id(4)) },
	"WithdrawConsent": func(b *sui.Builder, p Packages) { WithdrawConsent(b, p, id(1), id(2)) },
	"CreateTreasury":  func(b *sui.Builder, p Packages) { CreateTreasury(b, p, sui.SUIType()) },
	"Sell": func(b *sui.Builder, p Packages) {
		Sell(b, p, sui.SUIType(), id(1), id(2), id(3), Object[Coin](b, id(4)))
	},
	"SettleSale":          func(b *sui.Builder, p Packages) { SettleSale(b, p, sui.SUIType(), id(1), id(2), id(3)) },
	"RefundSale":          func(b *sui.Builder, p Packages) { RefundSale(b, p, sui.SUIType(), id(1), id(2), id(3)) },
	"ClaimIncome":         func(b *sui.Builder, p Packages) { ClaimIncome(b, p, sui.SUIType(), id(1)) },
	"CreateLog":           func(b *sui.Builder, p Packages) { CreateLog(b, p, "a", id(1), sui.Address{}, sui.Address{}, nil) },
	"CreateLogForService": func(b *sui.Builder, p Packages) { CreateLog(b, p, "a", id(1), id(2), id(3), ptr(id(4))) },
	"CommitLog":           func(b *sui.Builder, p Packages) { CommitLog(b, p, id(1), id(2), 3, [32]byte{}, nil) },
	"OpenLeaf":            func(b *sui.Builder, p Packages) { OpenLeaf(b, p, id(1), 2, nil, nil) },
	"CreateEnclaveConfig": func(b *sui.Builder, p Packages) {
		CreateEnclaveConfig(b, p, NewEnclaveConfig{Name: "a", Measurement: []nitro.PCR{{Index: 0, Value: []byte{1}}}}, id(1))
	},
	"ProposeMeasurement":          func(b *sui.Builder, p Packages) { ProposeMeasurement(b, p, id(1), id(2), nil, nil) },
	"AgreeMeasurement":            func(b *sui.Builder, p Packages) { AgreeMeasurement(b, p, id(1), 2) },
	"ApplyMeasurement":            func(b *sui.Builder, p Packages) { ApplyMeasurement(b, p, id(1), id(2), 2) },
	"CancelMeasurement":           func(b *sui.Builder, p Packages) { CancelMeasurement(b, p, id(1), ptr(id(2)), 2) },
	"CancelMeasurementAsSecond":   func(b *sui.Builder, p Packages) { CancelMeasurement(b, p, id(1), nil, 2) },
	"RevokeMeasurement":           func(b *sui.Builder, p Packages) { RevokeMeasurement(b, p, id(1), id(2), 2, nil) },
	"RevokeEnclaveConfig":         func(b *sui.Builder, p Packages) { RevokeEnclaveConfig(b, p, id(1), ptr(id(2)), nil) },
	"RevokeEnclaveConfigAsSecond": func(b *sui.Builder, p Packages) { RevokeEnclaveConfig(b, p, id(1), nil, nil) },
	"RaiseEnclaveConfigDelay":     func(b *sui.Builder, p Packages) { RaiseEnclaveConfigDelay(b, p, id(1), id(2), 2) },
	"SucceedEnclave":              func(b *sui.Builder, p Packages) { SucceedEnclave(b, p, id(1), id(2), id(3), Signed{}) },
	"RevokeEnclave":               func(b *sui.Builder, p Packages) { RevokeEnclave(b, p, id(1), id(2), ptr(id(3)), nil) },
	"RevokeEnclaveAsRegistrant":   func(b *sui.Builder, p Packages) { RevokeEnclave(b, p, id(1), id(2), nil, nil) },
	"RemoveEnclave":               func(b *sui.Builder, p Packages) { RemoveEnclave(b, p, id(1)) },
	"AttestNode": func(b *sui.Builder, p Packages) {
		AttestNode(b, p, id(1), Pure(b, id(2)), Run{Inputs: []RunInput{{Version: id(5)}}}, id(3), id(4), Signed{})
	},
	"CreateLogForEnclaves": func(b *sui.Builder, p Packages) { CreateLogForEnclaves(b, p, "a", id(1), id(2), id(3), id(4), id(5)) },
	"CommitSignedLog": func(b *sui.Builder, p Packages) {
		CommitSignedLog(b, p, id(1), id(2), 3, [32]byte{}, nil, id(4), id(5), Signed{})
	},
	"CreateAnchor":        func(b *sui.Builder, p Packages) { CreateAnchor(b, p, "a", nil) },
	"AnchorRoot":          func(b *sui.Builder, p Packages) { AnchorRoot(b, p, id(1), TreeHead{}) },
	"ProveFork":           func(b *sui.Builder, p Packages) { ProveFork(b, p, id(1), TreeHead{}, TreeHead{}) },
	"RegisterKeyServer":   func(b *sui.Builder, p Packages) { RegisterKeyServer(b, p, "a", "http://a", []byte{1}) },
	"RegisterKeyServerV1": func(b *sui.Builder, p Packages) { RegisterKeyServerV1(b, p, "a", "http://a", []byte{1}) },
	"UpgradeKeyServer":    func(b *sui.Builder, p Packages) { UpgradeKeyServer(b, p, id(1)) },
	"UpdateKeyServer":     func(b *sui.Builder, p Packages) { UpdateKeyServer(b, p, id(1), "http://a") },
	"CheckStaleness":      func(b *sui.Builder, p Packages) { CheckStaleness(b, p, 1, 2) },
}

func testRead(b *sui.Builder) Read {
	return Read{Policy: b.Object(id(1)), Lineage: b.Object(id(2)), Version: b.Object(id(3))}
}

var testTerms = Terms{Parents: []Parent{{Version: id(5), WeightBPS: 10000}}, Payees: []Payee{{Account: id(6), WeightBPS: 10000}}}

// TestCallsFitTheSources checks that each call names a function of the Move
// sources, in the latest package, with as many arguments as it has parameters.
// That the arguments have the right types is for a VM to say.
func TestCallsFitTheSources(t *testing.T) {
	for name, make := range written {
		t.Run(name, func(t *testing.T) {
			b := sui.NewBuilder()
			make(b, testPackages)
			if err := b.Err(); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, c := range b.Programmable().Commands {
				if c.MoveCall == nil {
					continue
				}
				n++
				pkg, ours := testPackages.Name(c.MoveCall.Package)
				if !ours || c.MoveCall.Package[31]&0xf0 != 0xe0 {
					t.Fatalf("calls package %s, not a latest one of ours", c.MoveCall.Package)
				}
				want := parameterCount(t, pkg, c.MoveCall.Module, c.MoveCall.Function)
				if got := len(c.MoveCall.Arguments); got != want {
					t.Errorf("%s::%s: %d arguments, want %d", c.MoveCall.Module, c.MoveCall.Function, got, want)
				}
			}
			if n == 0 {
				t.Error("makes no call")
			}
		})
	}
}

func TestCallsNeedPackages(t *testing.T) {
	for name, make := range written {
		b := sui.NewBuilder()
		make(b, Packages{})
		if err := b.Err(); err == nil || !strings.Contains(err.Error(), "floe contracts publish") {
			t.Errorf("%s without package ids: got %v, want what to do", name, err)
		}
	}
}
