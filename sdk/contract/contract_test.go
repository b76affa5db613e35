package contract

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

func id(last byte) sui.Address { return sui.Address{31: last} }

// blobID is the id whose u256 is n: little endian.
func blobID(n uint16) walrus.BlobID { return walrus.BlobID{byte(n), byte(n >> 8)} }

func ptr[T any](v T) *T { return &v }

var testPackages = Packages{
	Storage:   Package{Original: id(0xd1), Latest: id(0xe1)},
	Catalog:   Package{Original: id(0xd2), Latest: id(0xe2)},
	Access:    Package{Original: id(0xd3), Latest: id(0xe3)},
	KeyServer: Package{Original: id(0xd4), Latest: id(0xe4)},
	Committee: Package{Original: id(0xd5), Latest: id(0xe5)},
	Shared:    Shared{Lineage: id(0xc1), CatalogVersion: id(0xc2), AccessVersion: id(0xc3)},
}

// vectors are BCS bytes made by npm @mysten/bcs; see testdata/vectors.mjs.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var text map[string]string
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for name, h := range text {
		if out[name], err = hex.DecodeString(h); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var digest = func() []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}()

// Type names as std::type_name writes them.
var (
	suiName = strings.Repeat("0", 63) + "2::sui::SUI"
	nftName = strings.Repeat("ab", 32) + "::nft::Nft"
)

const in2027 = 1798761600000 // 2027-01-01 00:00 UTC

// wantEvents are the values that testdata/vectors.mjs encodes.
var wantEvents = []struct {
	pkg  Package
	name string
	want any
}{
	{testPackages.Storage, "CommitteeChanged", &CommitteeChanged{7, 100, []string{"node-0", "nœud 1"}}},
	{testPackages.Storage, "CommitteeProposed", &CommitteeProposed{8, 100, []string{"node-0", "nœud 1"}, digest, in2027}},
	{testPackages.Storage, "CommitteeCancelled", &CommitteeCancelled{8}},
	{testPackages.Storage, "CommitteeDelayRaised", &CommitteeDelayRaised{in2027 + 1}},
	{testPackages.Storage, "NetworkFollowed", &NetworkFollowed{id(0xd9).String()[2:] + "::walrus_adapter::Reporter"}},
	{testPackages.Storage, "EpochFollowed", &EpochFollowed{12}},
	{testPackages.Storage, "BlobRecorded", &BlobRecorded{13, blobID(0xabc), 1000, 1, 11, 20, id(0x52), id(0x53)}},
	{testPackages.Storage, "BlobRegistered", &BlobRegistered{5, blobID(0xabc), 1000, 1, 9, true, id(0x51)}},
	{testPackages.Storage, "BlobCertified", &BlobCertified{6, blobID(0xabc), 9, true, id(0x51), []uint16{0, 1, 300}, 67}},
	{testPackages.Storage, "BlobExtended", &BlobExtended{6, blobID(0xabc), id(0x51), 9, 20}},
	{testPackages.Storage, "BlobDeleted", &BlobDeleted{6, blobID(0xabc), 9, id(0x51), true}},
	{testPackages.Storage, "BlobExpired", &BlobExpired{10, blobID(0xabc), 9, id(0x51)}},
	{testPackages.Access, "PolicyCreated", &PolicyCreated{id(0x61), id(0x62), id(0xa), ptr[uint64](in2027), nil}},
	{testPackages.Access, "AccessGranted", &AccessGranted{id(0x61), id(0xb)}},
	{testPackages.Access, "AccessRevoked", &AccessRevoked{id(0x61), id(0xb)}},
	{testPackages.Access, "PolicyComposed", &PolicyComposed{id(101), 102, []sui.Address{id(103), id(1)}, 104}},
	{testPackages.Access, "ClauseAdded", &ClauseAdded{id(105), 106, []Rule{{}, {Kind: RuleNotBefore, AtMS: 107}}}},
	{testPackages.Access, "ClauseRemoved", &ClauseRemoved{id(108), 109}},
	{testPackages.Access, "ClauseTightened", &ClauseTightened{id(110), 111, Rule{Kind: RulePass, Offer: 112}}},
	{testPackages.Access, "ClauseLoosened", &ClauseLoosened{id(113), 114, Rule{Kind: RulePass, Offer: 115}}},
	{testPackages.Access, "OfferMade", &OfferMade{id(116), 117, suiName, 119, nil, ptr[uint64](121)}},
	{testPackages.Access, "PriceChanged", &PriceChanged{id(122), 123, 124}},
	{testPackages.Access, "OfferBoundToVersion", &OfferBoundToVersion{id(34), 35, id(36)}},
	{testPackages.Access, "OfferClosed", &OfferClosed{id(125), 126}},
	{testPackages.Access, "PayeeChanged", &PayeeChanged{id(127), id(128)}},
	{testPackages.Access, "PassSold", &PassSold{id(129), id(130), 131, id(132), id(133), suiName, 135, nil, ptr[uint64](137)}},
	{testPackages.Access, "PassUsed", &PassUsed{id(138), id(139), 140}},
	{testPackages.Access, "PassPaidToVersion", &PassPaidToVersion{id(37), id(38), id(39), id(40), id(41)}},
	{testPackages.Access, "PassRefunded", &PassRefunded{id(42), id(43), id(44), id(45)}},
	{testPackages.Access, "KeyRequested", &KeyRequested{id(141), id(142), id(143), 144, ptr("research"), 146}},
	{testPackages.Access, "RequesterApproved", &RequesterApproved{id(147), id(148), id(149), 150}},
	{testPackages.Access, "ApprovalWithdrawn", &ApprovalWithdrawn{id(151), id(152), id(153)}},
	{testPackages.Access, "DelegateAdded", &DelegateAdded{id(154), id(155)}},
	{testPackages.Access, "DelegateRemoved", &DelegateRemoved{id(156), id(157)}},
	{testPackages.Access, "ChangeProposed", &ChangeProposed{id(158), 159, Change{Kind: ChangeLowerPrice, Offer: 1, Price: 160}, 161}},
	{testPackages.Access, "ChangeCancelled", &ChangeCancelled{id(162), 163}},
	{testPackages.Access, "ChangeApplied", &ChangeApplied{id(164), 165}},
	{testPackages.Access, "DelayRaised", &DelayRaised{id(166), 167}},
	{testPackages.Access, "PolicyFrozen", &PolicyFrozen{id(168)}},
	{testPackages.Access, "PolicyHoldVoted", &PolicyHoldVoted{id(169), id(170), true}},
	{testPackages.Access, "PolicyHeld", &PolicyHeld{id(172)}},
	{testPackages.Access, "PolicyHoldLifted", &PolicyHoldLifted{id(173), 174}},
	{testPackages.Access, "UpgradesGuarded", &UpgradesGuarded{id(175), id(176), 177}},
	{testPackages.Access, "UpgradeProposed", &UpgradeProposed{id(178), id(179), 180, digest, 182}},
	{testPackages.Access, "UpgradeCancelled", &UpgradeCancelled{id(183), digest}},
	{testPackages.Access, "UpgradeCommitted", &UpgradeCommitted{id(185), id(186), digest}},
	{testPackages.Access, "UpgradeDelayRaised", &UpgradeDelayRaised{id(188), 189}},
	{testPackages.Access, "UpgradesRestricted", &UpgradesRestricted{id(190), 191}},
	{testPackages.Access, "UpgradesEnded", &UpgradesEnded{id(192), id(193)}},
	{testPackages.Catalog, "DatasetCreated", &DatasetCreated{id(0x71), id(0x72), "iris", id(0xa)}},
	{testPackages.Catalog, "VersionPublished", &VersionPublished{id(0x71), id(0x73), 2, digest, blobID(0xabc), id(0x61), []walrus.BlobID{blobID(0xabc), blobID(0xdef)}}},
	{testPackages.Catalog, "OriginBound", &OriginBound{id(0x10), id(0x11), blobID(0xabc), digest, in2027 + 20}},
	{testPackages.Catalog, "NodeRecorded", &NodeRecorded{id(0x10), id(0x11), in2027 + 18, ptr(id(0x13)), 20, in2027 + 21, digest, digest, digest, &digest, id(0x1a), []sui.Address{id(0x1b), id(1)}, [][]byte{digest, {7}}, []uint16{29, 300}, 7681, []sui.Address{id(0x1f), id(1)}, []uint16{32, 300}, in2027 + 33, in2027 + 34}},
	{testPackages.Catalog, "NodeRevoked", &NodeRevoked{id(0x10), id(0x11), ptr(id(0x12)), digest, in2027 + 20}},
	{testPackages.Catalog, "HoldPlaced", &HoldPlaced{id(0x10), id(0x11), digest, in2027 + 19}},
	{testPackages.Catalog, "HoldReleaseAnnounced", &HoldReleaseAnnounced{id(0x10), id(0x11), in2027 + 18}},
	{testPackages.Catalog, "HoldersNamed", &HoldersNamed{id(46), id(47), []sui.Address{id(48), id(1)}, 49}},
	{testPackages.Catalog, "LegalHoldVoted", &LegalHoldVoted{id(50), id(51), id(52), true, 53}},
	{testPackages.Catalog, "LegalHoldPlaced", &LegalHoldPlaced{id(54), id(55), 56}},
	{testPackages.Catalog, "LegalHoldLifted", &LegalHoldLifted{id(57), id(58), 59}},
	{testPackages.Catalog, "LegalHoldEnded", &LegalHoldEnded{id(60), id(61), 62}},
	{testPackages.Catalog, "HoldReleased", &HoldReleased{id(0x10), id(0x11), in2027 + 18}},
	{testPackages.Catalog, "ConsentGiven", &ConsentGiven{id(0x10), id(0x11), id(0x12), digest, ptr[uint64](20), in2027 + 21}},
	{testPackages.Catalog, "ConsentAttached", &ConsentAttached{id(0x10), id(0x11), id(0x12)}},
	{testPackages.Catalog, "ConsentWithdrawn", &ConsentWithdrawn{id(0x10), id(0x11), id(0x12), []sui.Address{id(0x13), id(1)}, in2027 + 20}},
	{testPackages.Catalog, "TreasuryCreated", &TreasuryCreated{id(0x10), "nœud 17"}},
	{testPackages.Catalog, "SaleEscrowed", &SaleEscrowed{id(0x10), id(0x11), id(0x12), id(0x13), id(0x14), in2027 + 21, in2027 + 22}},
	{testPackages.Catalog, "SaleSettled", &SaleSettled{id(0x10), id(0x11), id(0x12), id(0x13), id(0x14), in2027 + 21}},
	{testPackages.Catalog, "SaleRefunded", &SaleRefunded{id(0x10), id(0x11), id(0x12), id(0x13), id(0x14), in2027 + 21}},
	{testPackages.Catalog, "IncomeCredited", &IncomeCredited{id(0x10), id(0x11), id(0x12), id(0x13), id(0x14), in2027 + 21}},
	{testPackages.Catalog, "IncomeClaimed", &IncomeClaimed{id(0x10), id(0x11), in2027 + 18}},
	{testPackages.Catalog, "LogCreated", &LogCreated{id(0x10), id(0x11), "nœud 18", ptr(id(0x13))}},
	{testPackages.Catalog, "LogCommitted", &LogCommitted{id(0x10), in2027 + 17, in2027 + 18, digest, in2027 + 20}},
	{testPackages.Catalog, "LeafOpened", &LeafOpened{id(0x10), in2027 + 17, in2027 + 18, digest}},
	{testPackages.Catalog, "ConfigCreated", &ConfigCreated{id(201), id(202), "nœud", ptr(id(204)), 205, 206, true, digest}},
	{testPackages.Catalog, "MeasurementProposed", &MeasurementProposed{id(209), 210, digest, [][]byte{digest, {7}}, digest, 214}},
	{testPackages.Catalog, "MeasurementAgreed", &MeasurementAgreed{id(215), 216, id(217)}},
	{testPackages.Catalog, "MeasurementCancelled", &MeasurementCancelled{id(218), 219}},
	{testPackages.Catalog, "MeasurementApproved", &MeasurementApproved{id(220), 221, ptr[uint64](222), digest, [][]byte{digest, {7}}, 225}},
	{testPackages.Catalog, "MeasurementRevoked", &MeasurementRevoked{id(226), 227, digest, 229}},
	{testPackages.Catalog, "ConfigRevoked", &ConfigRevoked{id(230), digest, 232}},
	{testPackages.Catalog, "ConfigDelayRaised", &ConfigDelayRaised{id(233), 234}},
	{testPackages.Catalog, "EnclaveRegistered", &EnclaveRegistered{id(235), id(236), 237, digest, digest, id(240), true, 242, 243, 244}},
	{testPackages.Catalog, "EnclaveRenewed", &EnclaveRenewed{id(2), 3, 4}},
	{testPackages.Catalog, "EnclaveSucceeded", &EnclaveSucceeded{id(5), id(6)}},
	{testPackages.Catalog, "EnclaveRevoked", &EnclaveRevoked{id(7), id(8), digest, 10}},
	{testPackages.Catalog, "EnclaveRemoved", &EnclaveRemoved{id(11)}},
	{testPackages.Catalog, "NodeAttested", &NodeAttested{id(12), 3, id(14), id(15), 16, []sui.Address{id(17), id(1)}, [][]walrus.BlobID{{blobID(0xabc)}, {blobID(0xabc), blobID(0xdef)}}, digest, digest, []string{"a", "nœud"}, []uint64{22, 1}, []uint64{23, 1}, 24, 25, 26, 27}},
	{testPackages.Catalog, "LogBound", &LogBound{id(28), id(29)}},
	{testPackages.Catalog, "LogHeadSigned", &LogHeadSigned{id(30), 31, id(32), 33}},
	{testPackages.Access, "AnchorCreated", &AnchorCreated{id(0x65), "log.example", digest}},
	{testPackages.Access, "RootAnchored", &RootAnchored{id(0x65), 5, 12, digest, []byte{1, 2}, in2027}},
	{testPackages.Access, "MisbehaviourProven", &MisbehaviourProven{id(0x65), 12, digest, []byte{1, 2}, []byte{3}, []byte{4, 5}, id(0xc)}},
	{testPackages.KeyServer, "KeyServerRegistered", &KeyServerRegistered{id(0x81), "floe-1", "https://ks1.example", 0, []byte{1, 2, 3}, 2}},
	{testPackages.KeyServer, "KeyServerUpdated", &KeyServerUpdated{id(0x81), "https://moved.example"}},
	{testPackages.KeyServer, "KeyServerRotated", &KeyServerRotated{id(0x81), 3, 4}},
	{testPackages.KeyServer, "PartialKeyServerUpdated", &PartialKeyServerUpdated{id(0x81), 300, "https://moved.example"}},
	{testPackages.KeyServer, "CommitteeMembersNamed", &CommitteeMembersNamed{id(0x81), 3, 2, []sui.Address{id(0xb1), id(0xb2)}, []string{"m0", "nœud 1"}, []string{"https://m0.example", "https://m1.example"}, [][]byte{{4}, {5, 6}}}},
	{testPackages.Committee, "CommitteeRotationInitiated", &CommitteeRotationInitiated{id(0x86), id(0x85)}},
}

// eventModule is the module that defines an event; names are unique in a
// package.
func eventModule(pkg Package, name string) string {
	owner, _ := testPackages.Name(pkg.Original)
	for event := range events[owner] {
		if module, is := strings.CutSuffix(event, "::"+name); is {
			return module
		}
	}
	return ""
}

func TestDecodeEvent(t *testing.T) {
	vectors := vectors(t)
	for _, c := range wantEvents {
		t.Run(c.name, func(t *testing.T) {
			ev := sui.Event{Type: sui.StructTag{Address: c.pkg.Original, Module: eventModule(c.pkg, c.name), Name: c.name}, Contents: vectors[c.name]}
			got, err := DecodeEvent(ev, testPackages)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			ev.Contents = append(ev.Contents[:len(ev.Contents):len(ev.Contents)], 0)
			if _, err := DecodeEvent(ev, testPackages); !errors.Is(err, bcs.ErrTrailing) {
				t.Errorf("with a byte too many: got %v, want ErrTrailing", err)
			}
			ev.Contents = ev.Contents[:len(ev.Contents)-2]
			if _, err := DecodeEvent(ev, testPackages); err == nil {
				t.Error("with a byte too few: no error")
			}
		})
	}
}

func TestDecodeEventOfOthers(t *testing.T) {
	contents := vectors(t)["AccessGranted"]
	for name, typ := range map[string]sui.StructTag{
		"another package":     {Address: id(0x99), Module: "policy_events", Name: "AccessGranted"},
		"another of ours":     {Address: testPackages.Catalog.Original, Module: "policy_events", Name: "AccessGranted"},
		"another module":      {Address: testPackages.Access.Original, Module: "policy", Name: "AccessGranted"},
		"an unknown name":     {Address: testPackages.Access.Original, Module: "policy_events", Name: "AccessLost"},
		"type parameters":     {Address: testPackages.Access.Original, Module: "policy_events", Name: "AccessGranted", Params: []sui.TypeTag{sui.SUIType()}},
		"the zero package id": {Module: "policy_events", Name: "AccessGranted"},
	} {
		if _, err := DecodeEvent(sui.Event{Type: typ, Contents: contents}, testPackages); !errors.Is(err, ErrUnknownEvent) {
			t.Errorf("%s: got %v, want ErrUnknownEvent", name, err)
		}
	}
	if _, err := DecodeEvent(sui.Event{Type: sui.StructTag{Module: "policy_events", Name: "AccessGranted"}, Contents: contents}, Packages{}); !errors.Is(err, ErrUnknownEvent) {
		t.Errorf("without packages: got %v, want ErrUnknownEvent", err)
	}
}

func object(typ *sui.StructTag, contents []byte) *sui.Object {
	return &sui.Object{Move: &sui.MoveObject{Type: *typ, Contents: contents}}
}

// anyOf makes a Parse function fit into a table.
func anyOf[T any](f func(*sui.Object) (*T, error)) func(*sui.Object) (any, error) {
	return func(o *sui.Object) (any, error) {
		v, err := f(o)
		if err != nil {
			return nil, err
		}
		return v, nil
	}
}

func contentField(name string) *sui.StructTag {
	value := sui.StructTag{Address: testPackages.KeyServer.Original, Module: "key_server", Name: name}
	return sui.DynamicFieldType(sui.TypeTag{Kind: sui.KindU64}, value.Tag())
}

var p = testPackages

var nodeMember = KeyCommitteeMember{[]byte{1, 2}, []byte{3, 4, 5}, "https://p0", "nœud"}

// wantObjects are the values that testdata/vectors.mjs encodes.
var wantObjects = []struct {
	name  string
	typ   *sui.StructTag
	parse func(*sui.Object) (any, error)
	want  any
}{
	{"System", p.SystemType(), anyOf(ParseSystem), &System{
		Identity{id(0x41), p.Storage.Original}, 1, id(0x42), StorageCommittee{
			7, 5,
			[]StorageMember{{"a", "http://a", []byte{9, 8}, []uint16{0, 4, 2}}, {"b", "http://b", []byte{7}, []uint16{1, 3}}}, []byte{6, 5},
		}, 31, &ProposedCommittee{StorageCommittee{8, 4, []StorageMember{{"c", "http://c", []byte{3}, []uint16{0, 1, 2, 3}}}, []byte{4}}, 32},
	}},
	{"AdminCap", p.AdminCapType(), anyOf(ParseAdminCap), &AdminCap{Identity{id(0x42), p.Storage.Original}}},
	{"Blob", p.BlobType(), anyOf(ParseBlob), &Blob{Identity{id(0x51), p.Storage.Original}, 5, blobID(0xabc), 1000, 1, ptr[uint32](6), 9, true}},
	{"Policy", p.PolicyType(), anyOf(ParsePolicy), &Policy{
		Identity{id(0x61), p.Access.Original}, id(0xa), Table{id(0x63), 3},
		[]Clause{
			{0, []Rule{{}, {Kind: RuleNotAfter, AtMS: in2027}}},
			{1, []Rule{{Kind: RuleAllowList}, {Kind: RuleNotBefore, AtMS: 1000}, {Kind: RuleHolds, Type: nftName}, {Kind: RuleAttested, Type: nftName}, {Kind: RuleNotAfter, AtMS: 7}, {Kind: RuleLiving, Version: id(0x66)}, {Kind: RuleEnclave, Config: id(0x67)}}},
			{3, []Rule{{Kind: RulePass, Offer: 2}, {Kind: RulePurpose, Purposes: []string{"research"}}, {Kind: RuleStewards, Stewards: []sui.Address{id(0xd), id(0xe)}, Threshold: 2}}},
		},
		[]Offer{{2, suiName, 5, ptr[uint64](9), nil, ptr(id(0x67)), true}}, id(0xc), Table{id(0x65), 4}, []sui.Address{id(0xf)},
		[]Proposal{
			{4, Change{Kind: ChangeAddClause, Rules: []Rule{{}}}, 10}, {5, Change{Kind: ChangeLoosen, Clause: 1, Rule: Rule{Kind: RuleNotBefore, AtMS: 1000}}, 11},
			{6, Change{Kind: ChangeLowerPrice, Offer: 2, Price: 4}, 12}, {7, Change{Kind: ChangeAddDelegate, Who: id(0xb)}, 13}, {8, Change{Kind: ChangeAddMember, Who: id(0xb)}, 14},
		},
		604800000, true, false, Hold{[]sui.Address{id(1), id(2)}, 2, []sui.Address{id(1)}, ptr[uint64](20)}, 9,
	}},
	{"PolicyCap", p.PolicyCapType(), anyOf(ParsePolicyCap), &PolicyCap{Identity{id(0x62), p.Access.Original}, id(0x61)}},
	{"PackageVersion", p.PackageVersionType(), anyOf(ParsePackageVersion), &PackageVersion{Identity{id(0x64), p.Access.Original}, 1}},
	{"CatalogVersion", p.CatalogVersionType(), anyOf(ParseCatalogVersion), &CatalogVersion{Identity{id(0x65), p.Catalog.Original}, 3}},
	{"Dataset", p.DatasetType(), anyOf(ParseDataset), &Dataset{Identity{id(0x71), p.Catalog.Original}, "iris", id(0xa), 2, ptr(id(0x73))}},
	{"DatasetCap", p.DatasetCapType(), anyOf(ParseDatasetCap), &DatasetCap{Identity{id(0x72), p.Catalog.Original}, id(0x71)}},
	{"Version", p.VersionType(), anyOf(ParseVersion), &Version{
		Identity{id(0x73), p.Catalog.Original}, id(0x71), 2, ptr(id(0x74)), digest, blobID(0xabc), id(0x61),
		[]Blob{
			{Identity{ID: id(0x51)}, 5, blobID(0xabc), 1000, 1, ptr[uint32](6), 9, true},
			{Identity{ID: id(0x52)}, 5, blobID(0xdef), 1000, 1, nil, 9, false},
		}, in2027,
	}},
	{"EnclaveConfig", p.EnclaveConfigType(), anyOf(ParseEnclaveConfig), &EnclaveConfig{
		Identity{id(0x91), p.Catalog.Original}, "weather", ptr(id(0xb)), 11, 12, true,
		[]ConfigVersion{{Measurement{[]byte{0, 16}, [][]byte{digest, {7}}}, 13, ptr[uint64](14)}},
		[]MeasurementProposal{{5, Measurement{[]byte{2}, [][]byte{{8, 9}}}, 15, true}}, 6, nil,
	}},
	{"Enclave", p.EnclaveType(), anyOf(ParseEnclave), &Enclave{
		Identity{id(0x92), p.Catalog.Original}, id(0x91), 3, digest, []byte("i-1"), id(0xa), 21, 22, 23, nil, ptr(id(0x93)),
	}},
	{"KeyServer", p.KeyServerType(), anyOf(ParseKeyServer), &KeyServerObject{Identity{id(0x81), p.KeyServer.Original}, 1, 2}},
	{"KeyCommitteeInit", p.CommitteeType(), anyOf(ParseCommittee), &KeyCommittee{
		Identity{id(0x85), p.Committee.Original}, 2, []sui.Address{id(0xa), id(0xb), id(0xc)},
		KeyCommitteeState{Members: []Entry[sui.Address, KeyCommitteeMember]{{id(0xb), nodeMember}}}, nil,
	}},
	{"KeyCommitteePostDKG", p.CommitteeType(), anyOf(ParseCommittee), &KeyCommittee{
		Identity{id(0x86), p.Committee.Original}, 300, []sui.Address{id(0xa)},
		KeyCommitteeState{
			KeyCommitteeStatePostDKG, []Entry[sui.Address, KeyCommitteeMember]{{id(0xa), nodeMember}}, [][]byte{{1, 2}, {3}}, []byte{4, 5}, digest,
			[]sui.Address{id(0xa), id(0xb)},
		}, ptr(id(0x85)),
	}},
	{"KeyCommitteeFinalized", p.CommitteeType(), anyOf(ParseCommittee), &KeyCommittee{
		Identity{id(0x86), p.Committee.Original}, 2, []sui.Address{id(0xa), id(0xb)}, KeyCommitteeState{Kind: KeyCommitteeStateFinalized}, ptr(id(0x85)),
	}},
	{"UpgradeManager", p.UpgradeManagerType(), anyOf(ParseUpgradeManager), &UpgradeManager{
		Identity{id(0x87), p.Committee.Original}, UpgradeCap{id(0x88), id(0x89), 3, 128},
		&UpgradeProposal{PackageDigest{digest}, 4, []Entry[sui.Address, UpgradeVote]{{id(0xa), UpgradeVote{UpgradeVoteApprove}}, {id(0xb), UpgradeVote{UpgradeVoteReject}}}},
	}},
	{"KeyServerV1", contentField("KeyServerV1"), anyOf(ParseKeyServerContent), &KeyServerContent{
		Identity{id(0x82), p.KeyServer.Original}, 1, "floe-1", 0, []byte{1, 2, 3}, "https://ks1.example", nil,
	}},
	{"KeyServerIndependent", contentField("KeyServerV2"), anyOf(ParseKeyServerContent), &KeyServerContent{
		Identity{id(0x83), p.KeyServer.Original}, 2, "floe-1", 0, []byte{1, 2, 3}, "https://ks1.example", nil,
	}},
	{"KeyServerCommittee", contentField("KeyServerV2"), anyOf(ParseKeyServerContent), &KeyServerContent{
		Identity{id(0x84), p.KeyServer.Original}, 2, "floe-c", 0, []byte{1, 2, 3}, "",
		&KeyServerCommittee{3, 2, []PartialKeyServer{{"p0", "https://p0", []byte{4}, 0}, {"p1", "https://p1", []byte{5, 6}, 1}}},
	}},
}

func TestParseObjects(t *testing.T) {
	vectors := vectors(t)
	for _, c := range wantObjects {
		t.Run(c.name, func(t *testing.T) {
			raw := vectors[c.name]
			got, err := c.parse(object(c.typ, raw))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if _, err := c.parse(object(c.typ, append(raw[:len(raw):len(raw)], 0))); !errors.Is(err, bcs.ErrTrailing) {
				t.Errorf("with a byte too many: got %v, want ErrTrailing", err)
			}
			if _, err := c.parse(object(c.typ, raw[:len(raw)-1])); err == nil {
				t.Error("with a byte too few: no error")
			}
			if _, err := c.parse(object(sui.SUICoinType(), raw)); !errors.Is(err, ErrWrongType) {
				t.Errorf("as a coin: got %v, want ErrWrongType", err)
			}
			if _, err := c.parse(&sui.Object{Package: &sui.MovePackage{}}); !errors.Is(err, ErrWrongType) {
				t.Errorf("as a package: got %v, want ErrWrongType", err)
			}
			if _, err := c.parse(nil); !errors.Is(err, ErrWrongType) {
				t.Errorf("as nil: got %v, want ErrWrongType", err)
			}
		})
	}
}

func TestSystemCommittee(t *testing.T) {
	s, err := ParseSystem(object(p.SystemType(), vectors(t)["System"]))
	if err != nil {
		t.Fatal(err)
	}
	want := &walrus.Committee{Epoch: 7, NShards: 5, Members: []walrus.Member{
		{Name: "a", URL: "http://a", PublicKey: []byte{9, 8}, Shards: []int{0, 4, 2}},
		{Name: "b", URL: "http://b", PublicKey: []byte{7}, Shards: []int{1, 3}},
	}}
	if got := s.Committee(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if c := new(System).Committee(); c != nil {
		t.Errorf("before the first committee: got %+v, want nil", c)
	}
}

func TestContentName(t *testing.T) {
	// The id of the dynamic field of a KeyServer, as npm @mysten/sui derives it:
	// deriveDynamicFieldID('0x…81', 'u64', bcs.u64().serialize(2).toBytes()).
	typ, key := new(KeyServerObject).ContentName(2)
	got := sui.DynamicFieldID(id(0x81), typ, key).String()
	const want = "0xc3794178d2f90f175accdfd02185e229732055b18fa916d8b86dab93e5305bc7"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range vectors(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := func(name string, parse func([]byte) (any, error)) {
			v, err := parse(b)
			if err != nil {
				return
			}
			if same, err := parse(bytes.Clone(b)); err != nil || !reflect.DeepEqual(v, same) {
				t.Errorf("%s %x decodes to %+v and then to %+v, %v", name, b, v, same, err)
			}
			if _, err := parse(append(bytes.Clone(b), 0)); !errors.Is(err, bcs.ErrTrailing) {
				t.Errorf("%s %x decodes, and with one byte more gives %v", name, b, err)
			}
			if _, err := parse(b[:max(len(b)-1, 0)]); err == nil && len(b) > 0 {
				t.Errorf("%s %x decodes, and without its last byte as well", name, b)
			}
		}
		for _, c := range wantObjects {
			whole(c.name, func(b []byte) (any, error) { return c.parse(object(c.typ, b)) })
		}
		for _, c := range wantEvents {
			whole(c.name, func(b []byte) (any, error) {
				return DecodeEvent(sui.Event{Type: sui.StructTag{Address: c.pkg.Original, Module: eventModule(c.pkg, c.name), Name: c.name}, Contents: b}, testPackages)
			})
		}
	})
}
