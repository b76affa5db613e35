package keyserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/mvr"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// names is a registry.
type names map[string]sui.Address

func (n names) Resolve(_ context.Context, name string) (sui.Address, error) {
	if name == "@down/app" {
		return sui.Address{}, errors.New("mainnet is down")
	}
	if pkg, ok := n[name]; ok {
		return pkg, nil
	}
	return sui.Address{}, fmt.Errorf("resolve %s: %w", name, mvr.ErrName)
}

func TestNames(t *testing.T) {
	f := start(t)
	f.server.cfg.Names = names{"@my/package": pkgID, "@other/package": bobPackage}
	for _, c := range []struct {
		name   string
		status int
		typ    string
		code   string
	}{
		{"@my/package", 200, "", ""},
		{"@other/package", 403, "InvalidMVRName", "mvr_other_package"},
		{"@none/package", 403, "InvalidMVRName", "mvr_unknown"},
		{"@down/app", 503, "Failure", "mvr_unavailable"},
	} {
		req, _ := f.request(func(cfg *seal.SessionConfig) { cfg.MVRName = c.name })
		if c.status == 200 {
			if status, _, b := f.post(req); status != 200 {
				t.Errorf("%s: HTTP %d %s", c.name, status, b)
			}
			continue
		}
		e := f.refused(req, c.status, c.typ)
		if e.Reason == nil || e.Reason.Code != c.code || e.Receipt == "" || strings.Contains(e.Message, "mainnet is down") {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	// A name is what the wallet signed, so it cannot be added or taken away.
	req, _ := f.request(nil)
	req.Certificate.MVRName = new("@my/package")
	f.refused(req, 403, "InvalidSignature")
	req, _ = f.request(func(cfg *seal.SessionConfig) { cfg.MVRName = "@my/package" })
	req.Certificate.MVRName = nil
	f.refused(req, 403, "InvalidSignature")
	f.eval.pkgErr = &policy.Refusal{Kind: policy.InvalidPackage, Reason: seal.Reason{Code: "package_not_found"}}
	req, _ = f.request(func(cfg *seal.SessionConfig) { cfg.MVRName = "@my/package" })
	f.refused(req, 403, "InvalidPackage")
}
