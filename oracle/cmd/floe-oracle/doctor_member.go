package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/floe-data/floe/oracle/aggregate"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/seal"
)

// What a member's clock and certificate may be like before somebody is told.
const (
	memberClock = 30 * time.Second
	certificate = 14 * 24 * time.Hour
)

// checkMember asks a member of a committee as the aggregator does, and reports
// whether it can be used.
func (e *examiner) checkMember(ctx context.Context, c *aggregateConfig, m *seal.CommitteeMember) bool {
	if err := checkURL(m.URL); err != nil {
		e.bad(fail, "address", "have its operator change it: floe-oracle dkg update-url", "the address on chain, %q, is none", m.URL)
		return false
	}
	e.checkEncrypted(m.URL, "have its operator put a proxy with TLS in front, and change the address on chain to https")
	start := time.Now()
	res, body, err := e.askMember(ctx, c, m)
	if err != nil {
		e.bad(fail, "address", memberRemedy(err), "%s cannot be reached: %v", m.URL, err)
		return false
	}
	if !e.checkMemberAnswer(c, m, res, body) {
		return false
	}
	took := time.Since(start)
	e.ok("address", "%s serves with the key on chain, version %s, and answered in %v", m.URL, res.Header.Get(seal.HeaderServerVersion), took.Round(time.Millisecond))
	if limit := c.memberTimeout(); took > limit/2 {
		e.bad(warn, "address", "look at the way there; key_server_timeout_secs is the most that a member is waited for", "it took %v to answer, and a member is waited for %v", took.Round(time.Millisecond), limit)
	}
	e.checkMemberState(res)
	return true
}

// checkEncrypted warns of an address that others can listen to.
func (e *examiner) checkEncrypted(address, remedy string) {
	if u, err := url.Parse(address); err == nil && !private(u) {
		e.bad(warn, "address", remedy, "%s is not encrypted", address)
	}
}

// askMember asks for the member's partial key, with the headers of the aggregator.
func (e *examiner) askMember(ctx context.Context, c *aggregateConfig, m *seal.CommitteeMember) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(m.URL, "/")+"/v1/debug/committee_partial_pk", nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set(seal.HeaderSDKType, "aggregator")
	req.Header.Set(seal.HeaderSDKVersion, sealhttp.Version)
	if key, ok := c.Credentials[m.Name]; ok {
		req.Header.Set(key.Name, key.Key)
	}
	client := &http.Client{Timeout: min(e.patience, c.memberTimeout()), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res, body, err
}

// memberRemedy is what to do about a member that cannot be reached.
func memberRemedy(err error) string {
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &cert), errors.As(err, &authority), errors.As(err, &name), errors.As(err, &invalid):
		return "have its operator mend the certificate: the aggregator sends nothing to a server that it cannot tell from another"
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "have its operator change the address on chain, or put TLS in front: it is https, and the server speaks http"
	}
	return "tell its operator; look at DNS and firewall, and whether the address on chain is still the right one"
}

// checkMemberAnswer demands the version and the key of the member.
func (e *examiner) checkMemberAnswer(c *aggregateConfig, m *seal.CommitteeMember, res *http.Response, body []byte) bool {
	version := res.Header.Get(seal.HeaderServerVersion)
	var refused seal.ErrorResponse
	json.Unmarshal(body, &refused)
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusProxyAuthRequired:
		remedy := "ask its operator for an API key, and give it in api_credentials under the name " + m.Name
		if _, ok := c.Credentials[m.Name]; ok {
			remedy = "ask its operator whether the API key in api_credentials, and the name of its header, are the right ones"
		}
		e.bad(fail, "credentials", remedy, "it answers with HTTP %d: it wants another API key", res.StatusCode)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		e.bad(fail, "address", "have its operator change the address on chain to where it sends to", "it sends elsewhere, with HTTP %d, where the aggregator does not follow", res.StatusCode)
	case refused.Type == "DeprecatedSDKVersion" || refused.Type == "InvalidSDKType":
		e.bad(fail, "version", "have its operator serve aggregators of version "+sealhttp.Version+" (aggregator_version_requirement), or update this program", "it refuses aggregators of version %s: %.200s", sealhttp.Version, refused.Message)
	case res.StatusCode != http.StatusOK && version == "":
		e.bad(fail, "address", "tell its operator: another program answers there, or a proxy without its server", "it answers with HTTP %d", res.StatusCode)
	case res.StatusCode == http.StatusServiceUnavailable:
		e.bad(fail, "address", "tell its operator to run floe-oracle doctor; while the committee rotates, wait until the member has the share of the new version", "it has no share to serve with: %.200s", refused.Message)
	case res.StatusCode != http.StatusOK:
		e.bad(fail, "address", "tell its operator: it is a key server, and none of server_mode !Committee", "it answers with HTTP %d", res.StatusCode)
	case version == "":
		e.bad(fail, "version", "have its operator pass on the server's headers unchanged", "its answers have no %s, without which they are not used", seal.HeaderServerVersion)
	case !c.memberRequirement().Met(version):
		e.bad(fail, "version", "have its operator update it, or lower key_server_version_requirement", "it has version %.40q, and %s is required", version, c.memberRequirement())
	default:
		return e.checkPartialKey(m, body)
	}
	return false
}

func (e *examiner) checkPartialKey(m *seal.CommitteeMember, body []byte) bool {
	var answer struct {
		Key []byte `json:"partial_pk"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Key) == 0 {
		e.bad(fail, "key", "tell its operator: another program answers there", "it does not tell its partial key")
		return false
	}
	if !bytes.Equal(answer.Key, m.PublicKey.Bytes()) {
		e.bad(fail, "key", "tell its operator to use the share of the version on chain; its shares would be refused, and it blamed for them", "it serves with another key than the chain shows for it")
		return false
	}
	return true
}

// checkMemberState looks at the clock and the certificate that an answer shows.
func (e *examiner) checkMemberState(res *http.Response) {
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		if off := time.Until(at).Round(time.Second); off.Abs() > memberClock {
			e.bad(warn, "clock", "have its operator keep its clock by NTP, and look at this machine's", "its clock is %s this machine's", describeOffset(off))
		}
	}
	if res.TLS == nil || len(res.TLS.PeerCertificates) == 0 {
		return
	}
	left := time.Until(res.TLS.PeerCertificates[0].NotAfter)
	if left < certificate {
		e.bad(warn, "certificate", "have its operator renew it", "its certificate ends in %d days", int(left.Hours()/24))
	}
}

func describeOffset(off time.Duration) string {
	if off < 0 {
		return fmt.Sprintf("%v behind", -off)
	}
	return fmt.Sprintf("%v ahead of", off)
}

// memberTimeout and memberRequirement are the configured ones or the aggregator's own.
func (c *aggregateConfig) memberTimeout() time.Duration {
	if c.TimeoutSeconds > 0 {
		return time.Duration(c.TimeoutSeconds) * time.Second
	}
	return aggregate.DefaultTimeout
}

func (c *aggregateConfig) memberRequirement() *sealhttp.Requirement {
	if c.KeyServers != nil {
		return c.KeyServers
	}
	return &aggregate.DefaultKeyServers
}
