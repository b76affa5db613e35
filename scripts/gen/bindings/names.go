package bindings

import (
	"go/token"
	"strings"
	"unicode"
)

// typeNames gives Go names to types whose own would be taken or say too little
// in a package that holds all contracts.
var typeNames = map[string]string{
	"storage::committee::Committee":         "StorageCommittee",
	"storage::committee::Member":            "StorageMember",
	"storage::system::Afterlife":            "AfterlifeKey",
	"storage::system::Record":               "Afterlife",
	"catalog::lineage::Terms":               "LineageTerms",
	"catalog::enclave_config::Proposal":     "MeasurementProposal",
	"catalog::attested::Run":                "SignedRun",
	"catalog::revenue::Receipt":             "SaleReceipt",
	"access::key_request::Draft":            "KeyRequestDraft",
	"key_server::key_server::KeyServer":     "KeyServerObject",
	"committee::seal_committee::Committee":  "KeyCommittee",
	"committee::seal_committee::MemberInfo": "KeyCommitteeMember",
	"committee::seal_committee::State":      "KeyCommitteeState",
	"committee::seal_committee::Vote":       "UpgradeVote",
}

// fieldNames gives Go names to fields. Fields of an enum's variants that have
// one name and type are one field in Go. "" embeds the field.
var fieldNames = map[string]string{
	"storage::system::System.committee":                      "",
	"access::rule::Rule.object_type":                         "Type",
	"access::rule::Rule.by":                                  "Type",
	"access::rule::Rule.allowed":                             "Purposes",
	"access::change::Change.delegate":                        "Who",
	"access::change::Change.member":                          "Who",
	"key_server::key_server::ServerType.partial_key_servers": "Members",
	"key_server::key_server::PartialKeyServer.partial_pk":    "PublicKey",
	"committee::seal_committee::MemberInfo.enc_pk":           "EncryptionKey",
	"committee::seal_committee::MemberInfo.signing_pk":       "SigningKey",
	"committee::seal_committee::PackageDigest.pos0":          "Bytes",
	"committee::seal_committee::State.members_info":          "Members",
	"committee::seal_committee::State.partial_pks":           "PartialPublicKeys",
	"key_server::events::CommitteeMembersNamed.partial_pks":  "PartialPublicKeys",
}

// initialisms are the parts of names that Go writes in capitals.
var initialisms = map[string]string{"id": "ID", "ids": "IDs", "ms": "MS", "bps": "BPS", "url": "URL", "urls": "URLs", "bcs": "BCS", "pcr": "PCR", "pcrs": "PCRs", "pk": "PublicKey"}

// exported turns snake_case into CamelCase.
func exported(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		if s, is := initialisms[part]; is {
			b.WriteString(s)
		} else if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// parameter turns snake_case into camelCase that clashes with no keyword and
// nothing that the generated code uses.
func parameter(name string) string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(name, "_"), "_")
	s := first
	if rest != "" {
		s += exported(rest)
	}
	switch {
	case s == "":
		return "value"
	case token.IsKeyword(s) || s == "c" || s == "r" || s == "bcs" || s == "sui" || s == "walrus" || s == "pure":
		return s + "Arg"
	}
	return s
}

// sentence makes documentation continue after a name and a colon.
func sentence(doc string) string {
	r := []rune(doc)
	if len(r) > 1 && unicode.IsUpper(r[0]) && (unicode.IsLower(r[1]) || r[1] == ' ') {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}
