package indexer

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// errPrivate says that a URL from the chain leads into a private network.
var errPrivate = errors.New("address is private")

// receiptClient returns the HTTP client for the URL that a key server gave on
// chain. Whoever may register there could otherwise have the indexer ask its
// own network: unless private addresses are allowed, the address is checked
// when the connection is made, after the name was looked up, so that a name
// that changes does not help. There is no proxy, and redirects are not followed.
func receiptClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: receiptTimeout}
	if !allowPrivate {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return checkPublic(address) }
	}
	return &http.Client{Timeout: receiptTimeout, CheckRedirect: noRedirect,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: receiptTimeout, ResponseHeaderTimeout: receiptTimeout,
			MaxResponseHeaderBytes: maxHeaders, MaxIdleConns: 2}}
}

// reserved are networks besides those that netip knows that no public server is
// in: shared address space (RFC 6598), protocol assignments, benchmarks and
// documentation (RFC 6890), class E, IPv4 in IPv6 (NAT64, 6to4), and
// documentation (RFC 3849).
var reserved = func() (out []netip.Prefix) {
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001:db8::/32", "100::/64"} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func checkPublic(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q", errPrivate, address)
	}
	ip := a.Addr().Unmap()
	public := ip.IsGlobalUnicast() && !ip.IsPrivate() && ip.Zone() == ""
	for _, p := range reserved {
		public = public && !p.Contains(ip)
	}
	if !public {
		return fmt.Errorf("%w: %s; name the key server in key_servers if you trust it, or set allow_private_urls", errPrivate, ip)
	}
	return nil
}
