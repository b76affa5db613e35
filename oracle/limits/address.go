package limits

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// A Proxy setting says whom to believe about where requests come from. The zero
// value believes nobody.
type Proxy struct {
	// Header is what the proxies append the address of their client to, such
	// as X-Forwarded-For.
	Header string
	// Trusted are the networks of the proxies.
	Trusted []netip.Prefix
}

// Check tells what is wrong with the setting.
func (p *Proxy) Check() error {
	if (p.Header == "") != (len(p.Trusted) == 0) {
		return errors.New("the header with client addresses and the proxies that are trusted to write it belong together")
	}
	for _, n := range p.Trusted {
		if n.Bits() == 0 {
			return fmt.Errorf("network %s: whoever is trusted must not be everybody", n)
		}
	}
	return nil
}

// ClientAddress returns the network address that a request comes from: the one
// that is connected, unless that is a trusted proxy. Then it is the last one in
// the header that is no trusted proxy: what stands before it was written by
// the client, or somebody else who is not trusted. It is invalid if there is
// none.
func (p *Proxy) ClientAddress(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := from.Addr().Unmap()
	if p.Header == "" || !p.trusts(at) {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values(p.Header), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return at // as far as it can be followed
		}
		if at = hop.Unmap(); !p.trusts(at) {
			return at
		}
	}
	return at
}

func (p *Proxy) trusts(a netip.Addr) bool {
	for _, n := range p.Trusted {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
