package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/floe-data/floe/oracle/aggregate"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// examineAggregator looks at everything that can be looked at of an aggregator;
// url is where clients reach it, "" if that is not to be tried.
func (e *examiner) examineAggregator(ctx context.Context, path, url string) {
	c, err := readAggregateConfig(path)
	if err != nil {
		e.bad(fail, "config", "mend the file; floe-oracle aggregate --help lists the keys", "%v", err)
		return
	}
	e.ok("config", "an aggregator of %s", c.KeyServerObjectID)
	if c.showsKeys && !sui.IsCredential(path) {
		e.private("config", path, 0o077, "others could read the API keys")
	}
	e.checkOpenFiles()
	e.checkClock()
	if client, info := e.openNode(ctx, &c.nodeConfig, "node", c.NodeURL); client != nil {
		defer client.Close()
		e.checkAge(ctx, "node", client, info.Tip, tolerance{worst: warn})
		e.checkCommittee(ctx, c)
	}
	local := localAddress(c.Listen)
	running := e.isAggregator(ctx, local) == nil
	e.checkPorts(c.Listen, &c.operationsConfig, running)
	if running {
		e.checkAggregator(ctx, local)
	} else {
		e.bad(warn, "server", "start it: floe-oracle aggregate --config "+path, "no aggregator is running here")
	}
	if url != "" {
		e.checkPublic(ctx, strings.TrimRight(url, "/"))
	}
}

// checkCommittee reads the committee from the chain, and tries each of its members.
func (e *examiner) checkCommittee(ctx context.Context, c *aggregateConfig) {
	within, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	ks, err := seal.LoadKeyServer(within, e.chain, c.KeyServerObjectID)
	if err == nil {
		err = ks.CheckCommittee()
	}
	switch {
	case err != nil:
		e.bad(fail, "committee", "check key_server_object_id, and that the node is of the right network; floe-oracle dkg status prints the id as key_server", "%v", err)
		return
	case ks.Committee == nil:
		e.bad(fail, "committee", "give the KeyServer object of a committee; clients ask this one at "+ks.URL, "key server %s is no committee", ks.ID)
		return
	}
	e.ok("committee", "%d of %d members answer together, version %d", ks.Committee.Threshold, len(ks.Committee.Members), ks.Committee.Version)
	e.checkCredentials(c, ks.Committee)
	up := 0
	for i := range ks.Committee.Members {
		m := &ks.Committee.Members[i]
		e.service = m.Name
		if e.checkMember(ctx, c, m) {
			up++
		}
	}
	e.service = ""
	const remedy = "mend the members that are named above, with their operators"
	switch threshold := int(ks.Committee.Threshold); {
	case up < threshold:
		e.bad(fail, "threshold", remedy, "%d of %d members can be used, and %d are needed: no key can be combined", up, len(ks.Committee.Members), threshold)
	case up == threshold && up < len(ks.Committee.Members):
		e.bad(warn, "threshold", remedy, "%d of %d members can be used, and as many are needed: none of them may fail", up, len(ks.Committee.Members))
	default:
		e.ok("threshold", "%d of %d members can be used, and %d are needed", up, len(ks.Committee.Members), threshold)
	}
}

// checkCredentials finds API keys that nobody gets.
func (e *examiner) checkCredentials(c *aggregateConfig, on *seal.Committee) {
	var names []string
	for _, m := range on.Members {
		names = append(names, m.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Credentials)) {
		if !slices.Contains(names, name) {
			e.bad(warn, "credentials", "give the names as they are on chain: "+sorted(slices.Clone(names)), "api_credentials has a key for %q, which no member is called", name)
		}
	}
}

// localAddress is where a server that listens at an address is reached from here.
func localAddress(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// isAggregator asks whether one of ours answers.
func (e *examiner) isAggregator(ctx context.Context, address string) error {
	res, body, err := e.get(ctx, http.MethodGet, address+"/health", nil)
	if err != nil {
		return err
	}
	var answer struct{ Name string }
	if res.StatusCode != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.Name != aggregate.HealthName {
		return fmt.Errorf("%s answers with HTTP %d, and not as an aggregator", address, res.StatusCode)
	}
	return nil
}

// checkAggregator passes on what the running aggregator finds.
func (e *examiner) checkAggregator(ctx context.Context, address string) {
	e.ok("server", "an aggregator answers at %s", address)
	res, body, err := e.get(ctx, http.MethodGet, address+"/ready", nil)
	var status aggregate.Status
	if err == nil {
		err = json.Unmarshal(body, &status)
	}
	if err != nil {
		e.bad(warn, "ready", "look at the aggregator's log", "it does not say whether it is ready: %v", err)
		return
	}
	if !status.Ready {
		e.bad(fail, "ready", "look at what is said about node and members above, and at the aggregator's log", "the aggregator is not ready: %s (HTTP %d)", status.Reason, res.StatusCode)
	} else {
		e.ok("ready", "the aggregator is ready")
	}
	if status.Committee == nil {
		return
	}
	for _, m := range status.Committee.Members {
		if b := m.Misbehaved; b != nil {
			e.service = m.Name
			e.bad(warn, "misbehaved", "tell its operator; the member's receipts, in the aggregator's answers, show what it sent. If it goes on, rotate the key to members without it", "%d times, last at %s: %s", b.Count, b.Time.Format(time.RFC3339), b.Reason)
		}
	}
	e.service = ""
}

// checkPublic looks at the aggregator as clients see it.
func (e *examiner) checkPublic(ctx context.Context, address string) {
	if err := checkURL(address); err != nil {
		e.bad(fail, "address", "give --url as https://HOST", "%v", err)
		return
	}
	if err := e.isAggregator(ctx, address); err != nil {
		e.bad(fail, "address", "start the aggregator; look at DNS, firewall and proxy, and where the proxy sends it", "%s: %v", address, err)
		return
	}
	e.ok("address", "an aggregator answers at %s", address)
	e.checkEncrypted(address, "give clients an https address")
	res, _, err := e.get(ctx, http.MethodGet, address+"/v1/service", http.Header{seal.HeaderSDKType: {"typescript"}})
	if err != nil {
		e.bad(fail, "address", "look at the proxy", "%v", err)
		return
	}
	e.checkHeaders(ctx, address, res.Header)
	e.checkMetricsHidden(ctx, address)
}
