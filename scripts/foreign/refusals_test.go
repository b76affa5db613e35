package foreign

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/sdk/sui"
)

// What users of the npm client see of our refusals: the class by the type, and
// of a limit our own words.
func TestMystenSealRefusals(t *testing.T) {
	limited := func(cfg limits.Config) func(*keyserver.Config) {
		return func(c *keyserver.Config) {
			var err error
			if c.Limits, err = limits.New(cfg, time.Now); err != nil {
				t.Fatal(err)
			}
		}
	}
	pkg := sui.Address{0xaa}
	type told struct{ Name, Message string }
	var cfg struct {
		Servers   []sealServer `json:"servers"`
		PackageID string       `json:"packageId"`
		ID        string       `json:"id"`
	}
	cfg.PackageID, cfg.ID = pkg.String(), "0102"
	want := map[string][2]told{}
	for i, c := range []struct {
		change func(*keyserver.Config)
		want   [2]told // first and second request
	}{
		{limited(limits.Config{}), [2]told{}},
		{limited(limits.Config{PerUser: limits.Rate{N: 1, Per: 24 * time.Hour, Burst: 1}}), [2]told{{},
			{"GeneralError", "Too many requests, please try again later: you may ask for 1 key per 1 d, 1 at once; try again in "}}},
		{limited(limits.Config{Opens: []limits.OpenLimit{{Package: pkg, Per: limits.PerIdentity, Max: 1}}}), [2]told{{},
			{"NoAccessError", "User does not have access to one or more of the requested keys"}}},
		{func(c *keyserver.Config) { c.Now = func() time.Time { return time.Now().Add(time.Hour) } },
			[2]told{{"ExpiredSessionKeyError", "Session key has expired"}, {"ExpiredSessionKeyError", "Session key has expired"}}},
	} {
		server := sui.Address{byte(i + 1), 31: 9}
		startKeyServer(t, allBut{}, func(url string, pk []byte) sui.Address {
			cfg.Servers = append(cfg.Servers, sealServer{ObjectID: server.String(), URL: url, PublicKey: hex.EncodeToString(pk)})
			return server
		}, c.change)
		want[server.String()] = c.want
	}
	var got map[string][2]told
	askNode(t, "refusals.mjs", cfg, &got)
	for server, w := range want {
		for i := range w {
			if g := got[server][i]; g.Name != w[i].Name || !strings.HasPrefix(g.Message, w[i].Message) { // how long from now, the clock says
				t.Errorf("server %.4s, request %d: %+v, want %+v", server, i+1, got[server][i], w[i])
			}
		}
	}
}
