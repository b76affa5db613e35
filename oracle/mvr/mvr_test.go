package mvr

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// Ids and contents were made with npm @mysten/sui 2.33.1 (deriveDynamicFieldID,
// bcs) from the structs in MystenLabs/mvr, packages/mvr and package_info. The
// record of @mysten/kiosk has packages 0x11 on mainnet, 0x21 under mainnet's
// chain id and 0x31 under testnet's, with PackageInfo 0x30; the other has none
// on mainnet.
const (
	kioskID = "0xde3a891d90a8598ee84855925f87487cb5f1353ed5fe2290a3641549a7f52cf6"
	kiosk   = "de3a891d90a8598ee84855925f87487cb5f1353ed5fe2290a3641549a7f52cf60203737569066d797374656e01056b696f736b000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000020101000000000000000000000000000000000000000000000000000000000000001001000000000000000000000000000000000000000000000000000000000000001101000000000000000000000000000000000000000000000000000000000000001202083335383334613861010000000000000000000000000000000000000000000000000000000000000020010000000000000000000000000000000000000000000000000000000000000021010000000000000000000000000000000000000000000000000000000000000022083463373861646163010000000000000000000000000000000000000000000000000000000000000030010000000000000000000000000000000000000000000000000000000000000031010000000000000000000000000000000000000000000000000000000000000032010869636f6e5f75726c0968747470733a2f2f780000000000000000000000000000000000000000000000000000000000000003"
	nestID  = "0x2d337d6267d0b18eb52585b084671a434c280fd571723833044b3359f3bb86fa"
	nest    = "2d337d6267d0b18eb52585b084671a434c280fd571723833044b3359f3bb86fa0403737569036f7267046d6f7265046576656e0105312d617070000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000020002083335383334613861010000000000000000000000000000000000000000000000000000000000000020010000000000000000000000000000000000000000000000000000000000000021010000000000000000000000000000000000000000000000000000000000000022083463373861646163010000000000000000000000000000000000000000000000000000000000000030010000000000000000000000000000000000000000000000000000000000000031010000000000000000000000000000000000000000000000000000000000000032010869636f6e5f75726c0968747470733a2f2f780000000000000000000000000000000000000000000000000000000000000003"
	// PackageInfo 0x30 claims @mysten/kiosk for package 0x99.
	claim = "0000000000000000000000000000000000000000000000000000000000000030064530453145430642444246454306303330463143054b696f736b054b696f736b00000000000000000000000000000000000000000000000000000000000000320000000000000000000000000000000000000000000000000000000000000099010764656661756c740d406d797374656e2f6b696f736b00000000000000000000000000000000000000000000000000000000000000400000000000000000"
)

// scripted is a chain of a few objects that counts what is read.
type scripted struct {
	objects map[sui.Address]*sui.Object
	err     error
	reads   int
}

func (s *scripted) Object(_ context.Context, id sui.Address) (*sui.Object, error) {
	s.reads++
	if o := s.objects[id]; o != nil || s.err != nil {
		return o, s.err
	}
	return nil, fmt.Errorf("object %s: %w", id, suirpc.ErrNotFound)
}

func object(t *testing.T, typ, contents string) *sui.Object {
	t.Helper()
	tag, err := sui.ParseStructTag(typ)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(contents)
	if err != nil {
		t.Fatal(err)
	}
	return &sui.Object{Move: &sui.MoveObject{Type: tag, Contents: b}}
}

const (
	fieldType = "0x2::dynamic_field::Field<0x62c1f5b1cb9e3bfc3dd1f73c95066487b662048a6358eabdbf67f6cdeca6db4b::name::Name, " +
		"0x62c1f5b1cb9e3bfc3dd1f73c95066487b662048a6358eabdbf67f6cdeca6db4b::app_record::AppRecord>"
	infoType = "0x5::package_info::PackageInfo"
)

func id(b byte) (a sui.Address) { a[31] = b; return a }

// mainnet has two records, testnet a PackageInfo.
func mainnet(t *testing.T) *scripted {
	return &scripted{objects: map[sui.Address]*sui.Object{
		mustParse(kioskID): object(t, fieldType, kiosk), mustParse(nestID): object(t, fieldType, nest)}}
}

func testnet(t *testing.T) *scripted {
	return &scripted{objects: map[sui.Address]*sui.Object{id(0x30): object(t, infoType, claim)}}
}

func TestResolve(t *testing.T) {
	main := New(Config{Registry: mainnet(t)})
	test := New(Config{Registry: mainnet(t), Network: Testnet, Packages: testnet(t)})
	for _, c := range []struct {
		on   *Resolver
		name string
		want sui.Address
	}{
		{main, "@mysten/kiosk", id(0x11)}, {main, "mysten.sui/kiosk", id(0x11)}, {test, "@mysten/kiosk", id(0x99)},
		{main, "even.more@org/1-app", sui.Address{}}, // no package on mainnet
		{test, "even.more@org/1-app", sui.Address{}}, // its PackageInfo claims another name
		{test, "mysten.sui/kiosk", sui.Address{}},    // as in Seal: the claim is to the letter
		{main, "@mysten/other", sui.Address{}},       // not registered
		{main, "@mysten/kiosk/1", sui.Address{}},     // a version
		{New(Config{Registry: mainnet(t), Network: "12345678", Packages: testnet(t)}), "@mysten/kiosk", sui.Address{}},
		{New(Config{Registry: mainnet(t), Network: Testnet, Packages: &scripted{}}), "@mysten/kiosk", sui.Address{}},
		{New(Config{Registry: mainnet(t), Table: id(1)}), "@mysten/kiosk", sui.Address{}},
		{New(Config{Registry: mainnet(t), CorePackage: id(1)}), "@mysten/kiosk", sui.Address{}},
	} {
		got, err := c.on.Resolve(t.Context(), c.name)
		if got != c.want || errors.Is(err, ErrName) != c.want.IsZero() {
			t.Errorf("%s on %q: %s, %v, want %s", c.name, c.on.cfg.Network, got, err, c.want)
		}
	}
}

// What the node cannot tell, or tells wrong, is no statement about the name.
func TestResolveUnknown(t *testing.T) {
	down := errors.New("down")
	info := func(change func(*sui.Object)) *scripted {
		s := testnet(t)
		change(s.objects[id(0x30)])
		return s
	}
	for want, cfg := range map[string]Config{
		"down":                 {Registry: &scripted{err: down}},
		"down ":                {Registry: mainnet(t), Network: Testnet, Packages: &scripted{err: down}},
		"no record":            {Registry: &scripted{objects: map[sui.Address]*sui.Object{mustParse(kioskID): object(t, infoType, kiosk)}}},
		"record.*another id":   {Registry: &scripted{objects: map[sui.Address]*sui.Object{mustParse(kioskID): object(t, fieldType, nest)}}},
		"parse record":         {Registry: &scripted{objects: map[sui.Address]*sui.Object{mustParse(kioskID): object(t, fieldType, kiosk+"00")}}},
		"PackageInfo":          {Registry: mainnet(t), Network: Testnet, Packages: info(func(o *sui.Object) { o.Move.Contents = o.Move.Contents[:99] })},
		"PackageInfo.*another": {Registry: mainnet(t), Network: Testnet, Packages: info(func(o *sui.Object) { o.Move.Contents[0] = 1 })},
	} {
		_, err := New(cfg).Resolve(t.Context(), "@mysten/kiosk")
		want, _, _ = strings.Cut(strings.TrimSpace(want), ".*")
		if err == nil || errors.Is(err, ErrName) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestResolveRemembers(t *testing.T) {
	chain, now := mainnet(t), time.UnixMilli(0)
	r := New(Config{Registry: chain, Now: func() time.Time { return now }})
	for _, c := range []struct {
		after time.Duration
		reads int
	}{{0, 1}, {59 * time.Minute, 1}, {61 * time.Minute, 2}} {
		now = time.UnixMilli(0).Add(c.after)
		if _, err := r.Resolve(t.Context(), "@mysten/kiosk"); err != nil || chain.reads != c.reads {
			t.Errorf("after %v: %d reads, %v", c.after, chain.reads, err)
		}
	}
	for i := range maxNames + 10 {
		r.remember(fmt.Sprint(i), id(1))
	}
	if len(r.known) > maxNames {
		t.Errorf("%d names are remembered", len(r.known))
	}
}

// The names are those of MVR's own tests of its parser (crates/mvr-types).
func TestParseName(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, text := range []string{"@org/1-app", "@org/app", "nested@org/app", "even.more.nested@org/app", "@org/" + long, "@" + long + "/" + long, "org.sui/app"} {
		if _, err := parseName(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"@org/-app", "@org/1.app", "@org/app-", "@org/app--", "@org/app?", "@org/app/", "@org/app/v", "@org/app/veh", "@org/app/1", "@org",
		"@/veh/app", "app", "@", "@org/ap@", "!org/ap", "#org/ap", "@org/ap#org", "org/@app", "", " ", "@org/" + long + "a", "a@b@c/d", "@a.b/c",
		"0xe8417c530cde59eddf6dfb760e8a0e3e2c6f17c69ddaab5a73dd6a6e65fc463b", "@org/app for 10 mins", strings.Repeat("a.", 100) + "sui/app", "a..b@org/app", ".a@org/app"} {
		if n, err := parseName(text); err == nil {
			t.Errorf("%q parses as %v", text, n)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("even.more@org/1-app")
	f.Add("a@b/c")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseName(text); err == nil && (len(n.org) < 2 || n.app == "" || strings.ContainsAny(text, " \n:,")) {
			t.Errorf("%q parses as %v", text, n)
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	n, err := parseName("@mysten/kiosk")
	if err != nil {
		f.Fatal(err)
	}
	tag, err := sui.ParseStructTag(fieldType)
	if err != nil {
		f.Fatal(err)
	}
	recordID := mustParse(kioskID)
	for _, text := range []string{kiosk, claim} {
		b, _ := hex.DecodeString(text)
		f.Add(b)
	}
	// 1: the smallest record, with nothing in it.
	f.Add(append(append(append([]byte{}, recordID[:]...), n.bytes()...), make([]byte, 99)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := &sui.Object{Move: &sui.MoveObject{Type: tag, Contents: b}}
		if _, err := parseRecord(o, recordID, n); err == nil && len(b) < 150 {
			t.Errorf("%d bytes are a record", len(b))
		}
		o.Move.Type = sui.StructTag{Module: "package_info", Name: "PackageInfo"}
		parsePackageInfo(o, id(0x30))
	})
}
