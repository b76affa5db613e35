package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// checkRegistration compares a service with what the chain shows, and looks at
// it from outside, as clients do.
func (d *doctor) checkRegistration(ctx context.Context, svc keyserver.ServiceConfig) {
	key, err := svc.Key.Current()
	if err != nil {
		d.bad(fail, "registration", "mend the key first", "%v", err)
		return
	}
	ks, err := seal.LoadKeyServer(ctx, d.chain, svc.ObjectID)
	if err != nil {
		d.bad(fail, "registration", "check key_server_object_id, and that the nodes are of the right network; floe-oracle register prints the id", "%v", err)
		return
	}
	public, address := ks.PublicKey, ks.URL
	if ks.Committee != nil {
		member := slices.IndexFunc(ks.Committee.Members, func(m seal.CommitteeMember) bool {
			return bytes.Equal(m.PublicKey.Bytes(), key.PublicKey().Bytes())
		})
		if member < 0 || d.cfg.ServerMode.Committee == nil {
			d.bad(fail, "registration", "use server_mode !Committee with the share of the version on chain", "the key server on chain is a committee, and none of its members has this key")
			return
		}
		public, address = ks.Committee.Members[member].PublicKey, ks.Committee.Members[member].URL
	}
	if !bytes.Equal(public.Bytes(), key.PublicKey().Bytes()) {
		d.bad(fail, "registration", "use the keys that were registered, or register these with floe-oracle register", "%s is registered with another public key", svc.ObjectID)
		return
	}
	d.ok("registration", "the chain shows this key, at %s", address)
	d.checkAddress(ctx, svc, address, public)
}

// checkAddress asks the service where the chain says that it is.
func (d *doctor) checkAddress(ctx context.Context, svc keyserver.ServiceConfig, address string, public seal.PublicKey) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		d.bad(fail, "address", "change the address on chain", "%q is no address", address)
		return
	}
	d.checkEncrypted(address, "put a proxy with TLS in front, and change the address on chain to https: pages in browsers refuse it")
	path := "/v1/service?service_id=" + svc.ObjectID.String()
	member := d.cfg.ServerMode.Committee != nil
	if member {
		path = "/v1/debug/committee_partial_pk"
	}
	res, body, err := d.get(ctx, "GET", address+path, nil)
	if err != nil {
		d.bad(fail, "address", "start the server; look at DNS, firewall and proxy", "%s cannot be reached: %v", address, err)
		return
	}
	if res.StatusCode != http.StatusOK {
		d.bad(fail, "address", "look where the proxy sends it: another program answers, or a key server of another object", "%s answers with HTTP %d", address, res.StatusCode)
		return
	}
	if err := checkAnswer(body, svc.ObjectID, public, member); err != nil {
		d.bad(fail, "address", "look where the proxy sends it: it is a key server with another key", "%s: %v", address, err)
		return
	}
	d.ok("address", "%s answers with the key on chain", address)
	d.checkHeaders(ctx, address, res.Header)
	d.checkReceiptKey(ctx, svc, address)
	d.checkReady(ctx, address)
	d.checkMetricsHidden(ctx, address)
}

// checkMetricsHidden demands that strangers do not see the metrics.
func (d *examiner) checkMetricsHidden(ctx context.Context, address string) {
	if res, body, err := d.get(ctx, "GET", address+"/metrics", nil); err == nil && res.StatusCode == 200 && bytes.Contains(body, []byte("floe_oracle_")) {
		d.bad(warn, "metrics", "keep the path /metrics inside: the proxy passes it on", "metrics are public at %s/metrics", address)
	}
}

// private reports whether what is sent to an address is read by nobody on the way.
func private(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// checkAnswer demands the proof of possession, or of a member its partial key.
func checkAnswer(body []byte, id sui.Address, public seal.PublicKey, member bool) error {
	if member {
		var answer struct {
			Key []byte `json:"partial_pk"`
		}
		if err := json.Unmarshal(body, &answer); err != nil || !bytes.Equal(answer.Key, public.Bytes()) {
			return fmt.Errorf("its partial key is not the one on chain")
		}
		return nil
	}
	var answer seal.ServiceResponse
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("it answers with something else: %w", err)
	}
	if answer.ServiceID != id.String() {
		return fmt.Errorf("it answers for %.80q", answer.ServiceID)
	}
	return public.VerifyPossession(answer.PoP, id)
}

// checkHeaders demands what a page in a browser needs to read an answer. Proxies
// like to drop it.
func (d *examiner) checkHeaders(ctx context.Context, address string, h http.Header) {
	const remedy = "have the proxy pass on the server's headers unchanged"
	if v := h.Get(seal.HeaderServerVersion); v == "" {
		d.bad(fail, "headers", remedy, "answers have no %s, without which clients refuse them", seal.HeaderServerVersion)
		return
	}
	exposed := strings.ToLower(h.Get("Access-Control-Expose-Headers"))
	if origin := h.Get("Access-Control-Allow-Origin"); origin != "*" || !strings.Contains(exposed, strings.ToLower(seal.HeaderServerVersion)) && !strings.Contains(exposed, "*") {
		d.bad(fail, "headers", remedy, "pages in browsers cannot read answers: Access-Control-Allow-Origin is %.80q, Access-Control-Expose-Headers %.80q", origin, exposed)
		return
	}
	res, _, err := d.get(ctx, "OPTIONS", address+"/v1/fetch_key", http.Header{"Origin": {"https://example.org"},
		"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"client-sdk-version,content-type,request-id"}})
	if err != nil || res.StatusCode >= 300 || !strings.Contains(strings.ToLower(res.Header.Get("Access-Control-Allow-Headers")), "client-sdk-version") {
		d.bad(fail, "headers", "have the proxy pass on OPTIONS requests, without an API key", "pages in browsers may not ask: the preflight is not answered as it should be")
		return
	}
	d.ok("headers", "pages in browsers can ask, and read the answers")
}

// checkReceiptKey demands that receipts of this address are verified with our
// key.
func (d *doctor) checkReceiptKey(ctx context.Context, svc keyserver.ServiceConfig, address string) {
	res, body, err := d.get(ctx, "GET", address+"/.well-known/jwks.json", nil)
	var keys *receipt.KeySet
	if err == nil && res.StatusCode == http.StatusOK {
		keys, err = receipt.ParseKeySet(body)
	} else if err == nil {
		err = fmt.Errorf("HTTP %d", res.StatusCode)
	}
	switch {
	case err != nil:
		d.bad(fail, "receipt key", "have the proxy pass on /.well-known/jwks.json", "nobody can verify receipts: %v", err)
	case !keys.Has(svc.ReceiptKey.Public().(ed25519.PublicKey)):
		d.bad(fail, "receipt key", "restart the server with this configuration, or use the key_dir that it runs with", "the server signs receipts with another key than that of this configuration")
	default:
		d.ok("receipt key", "receipts are verified with the key of this configuration")
	}
}

// checkReady passes on what the running server finds.
func (d *doctor) checkReady(ctx context.Context, address string) {
	res, body, err := d.get(ctx, "GET", address+"/ready", nil)
	if err != nil {
		d.bad(warn, "ready", "look at the server's log", "it does not say whether it is ready: %v", err)
		return
	}
	var answer struct{ Checks []keyserver.Check }
	if json.Unmarshal(body, &answer) != nil || len(answer.Checks) == 0 {
		d.bad(warn, "ready", "have the proxy pass on /ready, at least to the load balancer", "it does not say whether it is ready: HTTP %d", res.StatusCode)
		return
	}
	for _, c := range answer.Checks {
		if !c.OK {
			d.bad(fail, "ready", c.Remedy, "the server is not ready: %s: %s", c.Name, c.Detail)
		}
	}
	if res.StatusCode == http.StatusOK {
		d.ok("ready", "the server is ready")
	}
}

// get asks as a client does, and reads a bounded answer.
func (d *examiner) get(ctx context.Context, method, address string, h http.Header) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header = h.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if method != http.MethodOptions {
		req.Header.Set(seal.HeaderSDKVersion, "1.4.12")
		req.Header.Set("Origin", "https://example.org")
	}
	res, err := (&http.Client{Timeout: d.patience}).Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res, body, err
}
