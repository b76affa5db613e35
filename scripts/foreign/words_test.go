package foreign

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// verdicts is a policy that says something else for each identity.
type verdicts struct{ allBut }

func (verdicts) Package(ctx context.Context, id sui.Address) (policy.Package, error) {
	if id[0] == 0xbb {
		return policy.Package{}, refused(policy.InvalidPackage)
	}
	return allBut{}.Package(ctx, id)
}

func (verdicts) Evaluate(_ context.Context, q policy.Query) (policy.Evidence, error) {
	switch id := string(q.Approval.Calls[0].ID); id {
	case "down":
		return policy.Evidence{}, errors.New("no secret of the inside")
	case "yes":
		return policy.Evidence{}, nil
	default:
		return policy.Evidence{}, refused(policy.Kind(id))
	}
}

func refused(kind policy.Kind) error {
	return &policy.Refusal{Kind: kind, Reason: seal.Reason{Code: "test", Rule: "the rule", Remedy: "the remedy"}}
}

// wordCase is one request of words.mjs, which is npm's but for one thing.
type wordCase struct {
	Name      string         `json:"name"`
	Server    int            `json:"server"`
	IDs       []string       `json:"ids"` // hex
	Program   string         `json:"program,omitempty"`
	PackageID string         `json:"packageId,omitempty"`
	Header    map[string]any `json:"header,omitempty"` // nil removes
	Body      map[string]any `json:"body,omitempty"`
	Raw       string         `json:"raw,omitempty"`
	PadTo     int            `json:"padTo,omitempty"`
	ServiceID *string        `json:"serviceId,omitempty"` // ask /v1/service for this

	status int
	typ    string // Seal's error type; "" with a status means that the body is no JSON
	begins string // Seal's message, before what we add
	class  string // npm's
}

// What the specification of Seal's API says of each status, type and text, as
// npm's client meets it: it sends all these requests, and has its own idea of
// the answers.
func TestSealsWords(t *testing.T) {
	header := func(name string, value any) map[string]any { return map[string]any{name: value} }
	ask := func(id string) *string { return &id }
	const limit = 180 * 1024
	cases := []wordCase{
		{Name: "as it is", status: 200},
		{Name: "a function of another name", Program: "suffix", status: 200},
		{Name: "an unknown program", Header: map[string]any{"Client-Sdk-Type": "cobol", "Client-Sdk-Version": "0.0.1"}, status: 200},
		{Name: "no kind of program", Header: header("Client-Sdk-Type", nil), status: 200},
		{Name: "fields that nobody knows", Body: map[string]any{"more": []int{1}, "certificate.more": "1", "certificate.mvr_name": nil}, status: 200},
		{Name: "as large as can be", PadTo: limit, status: 200},
		{Name: "an API key, for a gateway", Header: header("X-Api-Key", "k"), status: 200},

		{Name: "no version", Header: header("Client-Sdk-Version", nil), status: 400, typ: "MissingRequiredHeader", begins: "Missing required header: Client-Sdk-Version", class: "GeneralError"},
		{Name: "half a version", Header: header("Client-Sdk-Version", "1.4"), status: 400, typ: "InvalidSDKVersion", begins: "Invalid SDK version", class: "InvalidSDKVersionError"},
		{Name: "an old version", Header: header("Client-Sdk-Version", "0.4.4"), status: 426, typ: "DeprecatedSDKVersion", begins: "Deprecated SDK version", class: "DeprecatedSDKVersionError"},
		{Name: "an old aggregator", Header: map[string]any{"Client-Sdk-Type": "aggregator", "Client-Sdk-Version": "0.6.1"}, status: 426, typ: "DeprecatedSDKVersion", begins: "Deprecated SDK version", class: "DeprecatedSDKVersionError"},

		{Name: "not for this program", Server: 2, status: 400, typ: "InvalidSDKType", begins: "Invalid SDK type", class: "InvalidSDKTypeError"},

		{Name: "another content type", Header: header("Content-Type", "text/plain"), status: 415, class: "GeneralError"},
		{Name: "too large", PadTo: limit + 1, status: 413, class: "GeneralError"},
		{Name: "no JSON", Raw: "{", status: 400, class: "GeneralError"},
		{Name: "a number as a string", Body: map[string]any{"certificate.ttl_min": "10"}, status: 422, class: "GeneralError"},
		{Name: "more than 16 bits", Body: map[string]any{"certificate.ttl_min": 65536}, status: 422, class: "GeneralError"},
		{Name: "a field is missing", Body: map[string]any{"ptb": nil}, status: 422, class: "GeneralError"},
		{Name: "half a point", Body: map[string]any{"enc_key": "AAAA"}, status: 422, class: "GeneralError"},

		{Name: "no base64", Body: map[string]any{"ptb": "%"}, status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid Base64", class: "InvalidPTBError"},
		{Name: "no BCS", Body: map[string]any{"ptb": "AAAA"}, status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid BCS", class: "InvalidPTBError"},
		{Name: "one more than a hundred", Program: "tooMany", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Too many commands in PTB (more than 100)", class: "InvalidPTBError"},
		{Name: "nothing", Program: "empty", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Empty PTB input or command", class: "InvalidPTBError"},
		{Name: "coins first", Program: "coinsFirst", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid first command", class: "InvalidPTBError"},
		{Name: "coins last", Program: "coinsLast", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Non MoveCall command", class: "InvalidPTBError"},
		{Name: "a result", Program: "result", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Only pure inputs are allowed", class: "InvalidPTBError"},
		{Name: "no arguments", Program: "noArguments", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Empty args", class: "InvalidPTBError"},
		{Name: "an object as the identity", Program: "object", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid first parameter for seal_approve", class: "InvalidPTBError"},
		{Name: "a number as the identity", Program: "number", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid BCS for first parameter for seal_approve", class: "InvalidPTBError"},
		{Name: "another function", Program: "otherFunction", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid function or package id", class: "InvalidPTBError"},
		{Name: "two packages", Program: "otherPackage", status: 403, typ: "InvalidPTB", begins: "Invalid PTB: Invalid function or package id", class: "InvalidPTBError"},

		{Name: "a long life", Body: map[string]any{"certificate.ttl_min": 31}, status: 403, typ: "InvalidCertificate", begins: "Invalid certificate time or ttl", class: "ExpiredSessionKeyError"},
		{Name: "another time", Body: map[string]any{"certificate.creation_time": 1}, status: 403, typ: "InvalidCertificate", begins: "Invalid certificate time or ttl", class: "ExpiredSessionKeyError"},
		{Name: "another user", Body: map[string]any{"certificate.user": sui.Address{1}.String()}, status: 403, typ: "InvalidSignature", begins: "Invalid user signature", class: "InvalidUserSignatureError"},
		{Name: "another session", Body: map[string]any{"request_signature": strings.Repeat("A", 86) + "=="}, status: 403, typ: "InvalidSessionSignature", begins: "Invalid session key signature", class: "InvalidSessionKeySignatureError"},
		{Name: "a name", Body: map[string]any{"certificate.mvr_name": "@any/name"}, status: 403, typ: "InvalidMVRName", begins: "Invalid MVR name", class: "InvalidMVRNameError"},

		{Name: "no such package", PackageID: sui.Address{0xbb}.String(), status: 403, typ: "InvalidPackage", begins: "Invalid package ID", class: "InvalidPackageError"},
		{Name: "another client's package", Server: 1, status: 400, typ: "UnsupportedPackageId", begins: "Unsupported package ID", class: "UnsupportedPackageIdError"},
		{Name: "no", IDs: []string{"NoAccess"}, status: 403, typ: "NoAccess", begins: "Access denied: the rule", class: "NoAccessError"},
		{Name: "no, a hundred times", Program: "hundred", IDs: []string{"NoAccess"}, status: 403, typ: "NoAccess", begins: "Access denied: the rule", class: "NoAccessError"},
		{Name: "no such object", IDs: []string{"InvalidParameter"}, status: 403, typ: "InvalidParameter", begins: "Invalid parameter to PTB: the rule", class: "InvalidParameterError"},
		{Name: "no such function", IDs: []string{"InvalidPTB"}, status: 403, typ: "InvalidPTB", begins: "Invalid PTB: the rule", class: "InvalidPTBError"},
		{Name: "nobody knows", IDs: []string{"down"}, status: 503, typ: "Failure", begins: "Internal server error, please try again later", class: "InternalError"},

		{Name: "the service", ServiceID: ask(sui.Address{31: 9}.String()), status: 200},
		{Name: "the service by a short id", ServiceID: ask("0x9"), status: 200},
		{Name: "the service without 0x", ServiceID: ask("09"), status: 400, typ: "InvalidServiceId", begins: "Invalid service ID", class: "InvalidKeyServerObjectIdError"},
		{Name: "no service", ServiceID: ask(""), status: 400, typ: "InvalidServiceId", begins: "Invalid service ID", class: "InvalidKeyServerObjectIdError"},
		{Name: "another service", ServiceID: ask("0x8"), status: 400, typ: "InvalidServiceId", begins: "Invalid service ID", class: "InvalidKeyServerObjectIdError"},
		{Name: "a service of an old client", ServiceID: ask("0x9"), Header: header("Client-Sdk-Version", "0.4.4"), status: 426, typ: "DeprecatedSDKVersion", begins: "Deprecated SDK version", class: "DeprecatedSDKVersionError"},
	}
	for i := range cases {
		if len(cases[i].IDs) == 0 {
			cases[i].IDs = []string{"yes"}
		}
		for k, id := range cases[i].IDs {
			cases[i].IDs[k] = hex.EncodeToString([]byte(id))
		}
	}
	for i, got := range askWords(t, sui.Address{0xaa}, cases) {
		c := cases[i]
		var e seal.ErrorResponse
		isJSON := json.Unmarshal([]byte(got.Text), &e) == nil && strings.HasPrefix(got.ContentType, "application/json")
		if got.Status != c.status || e.Type != c.typ || !strings.HasPrefix(e.Message, c.begins) || isJSON != (c.typ != "" || c.status == 200) {
			t.Errorf("%s: HTTP %d %s %s, want %d %s %q", c.Name, got.Status, got.ContentType, got.Text, c.status, c.typ, c.begins)
		}
		if got.Class != c.class || c.class == "GeneralError" && c.typ != "" && !strings.HasPrefix(got.Message, c.begins) {
			t.Errorf("%s: npm throws %s %q, want %q", c.Name, got.Class, got.Message, c.class)
		}
		if strings.Contains(got.Text, "secret") {
			t.Errorf("%s: the answer tells of the inside: %s", c.Name, got.Text)
		}
		for name, want := range map[string]string{"x-keyserver-version": "0.6.10", "x-keyserver-gitversion": "floe-", "access-control-allow-origin": "*", "access-control-expose-headers": "*"} {
			if !strings.HasPrefix(got.Headers[name], want) {
				t.Errorf("%s: header %s: %q, want %s", c.Name, name, got.Headers[name], want)
			}
		}
	}
}

// A key for each command, in their order, also for one that stands twice.
func TestSealsAnswer(t *testing.T) {
	pkg := sui.Address{0xaa}
	ids := []string{"yes", "", "more", "yes"}
	c := wordCase{}
	for _, id := range ids {
		c.IDs = append(c.IDs, hex.EncodeToString([]byte(id)))
	}
	got := askWords(t, pkg, []wordCase{c})[0]
	var answer struct {
		Keys []struct {
			ID  []int    `json:"id"` // bytes as numbers
			Key []string `json:"encrypted_key"`
		} `json:"decryption_keys"`
	}
	if err := json.Unmarshal([]byte(got.Text), &answer); err != nil || len(answer.Keys) != len(ids) || got.Class != "" {
		t.Fatalf("%+v: %v", got, err)
	}
	for i, k := range answer.Keys {
		var id []byte
		for _, b := range k.ID {
			id = append(id, byte(b))
		}
		if want := string(pkg[:]) + ids[i]; string(id) != want || len(k.Key) != 2 || len(k.Key[0]) != 64 || len(k.Key[1]) != 64 {
			t.Errorf("key %d: %x %v, want %x and two points of 48 bytes", i, id, k.Key, want)
		}
	}
}

// wordAnswer is what came back, and what npm threw, if it did.
type wordAnswer struct {
	Status      int               `json:"status"`
	ContentType string            `json:"contentType"`
	Text        string            `json:"text"`
	Headers     map[string]string `json:"headers"`
	Class       string            `json:"class"`
	Message     string            `json:"message"`
}

// askWords starts a server for every package, one for another than pkg, and one
// that is only for aggregators, and has npm send the cases.
func askWords(t *testing.T, pkg sui.Address, cases []wordCase) []wordAnswer {
	t.Helper()
	cfg := struct {
		Servers   []sealServer `json:"servers"`
		PackageID string       `json:"packageId"`
		Cases     []wordCase   `json:"cases"`
	}{PackageID: pkg.String(), Cases: cases}
	for i, change := range []func(*keyserver.Config){
		func(*keyserver.Config) {},
		func(c *keyserver.Config) { c.Services[0].Packages = []sui.Address{{0xcc}} },
		func(c *keyserver.Config) {
			c.SDK = &sealhttp.Requirements{Of: map[string]sealhttp.Requirement{"aggregator": sealhttp.MustRequire(">=0.6.2")}, Only: true}
		},
	} {
		id := sui.Address{31: byte(9 + i)}
		startKeyServer(t, verdicts{}, func(url string, pk []byte) sui.Address {
			cfg.Servers = append(cfg.Servers, sealServer{ObjectID: id.String(), URL: url, PublicKey: hex.EncodeToString(pk)})
			return id
		}, change)
	}
	var got []wordAnswer
	askNode(t, "words.mjs", cfg, &got)
	if len(got) != len(cases) {
		t.Fatalf("%d answers to %d requests", len(got), len(cases))
	}
	return got
}
