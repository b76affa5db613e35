package indexer

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

var (
	committeeServer   = id(0x81)
	committeeContract = id(0xc1)
)

// at is a member as the chain names it, with its own URL.
func (k *keyServer) at() memberAt { return memberAt{k.id, k.srv.URL} }

// readTo waits until the n-th receipt of a member is in the index and its log was
// compared with a checkpoint of at least that size.
func (r *running) readTo(server sui.Address, k *keyServer, n int) {
	r.t.Helper()
	until(r.t, fmt.Sprintf("receipt %d of member %s is indexed", n, k.id), func() bool {
		return strings.Join(r.rows(`SELECT seq, checked_size FROM receipt_watermark WHERE key_server_id = $1 AND member = $2`, server.String(), k.id.String()), "") == fmt.Sprintf("%d | %d", n, n)
	})
}

// memberStatus is a member's part of the status.
func (r *running) memberStatus(server, member sui.Address) (out StatusMember) {
	r.t.Helper()
	var status Status
	r.get("/v1/status", 200, &status)
	for _, s := range status.KeyServers {
		for _, m := range s.Members {
			if s.ID == server.String() && m.Member == member.String() {
				out = m
			}
		}
	}
	return out
}

func (k *keyServer) requests() int { k.mu.Lock(); defer k.mu.Unlock(); return k.asked }

// The logs of members are read, through a move to another URL and a rotation.
func TestReadsReceiptsOfMembers(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	a, b, c := newKeyServer(t, id(1)), newKeyServer(t, id(2)), newKeyServer(t, id(3))
	for _, k := range []*keyServer{a, b} {
		k.decide(false, id(0x61))
		k.decide(true, id(0x61))
	}
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(committeeServer, ""), membersNamed(committeeServer, 0, committeeContract, a.at(), b.at()))))
	r.readTo(committeeServer, a, 2)
	r.readTo(committeeServer, b, 2)
	r.want(`SELECT right(member, 2), seq, decision, verified FROM key_decision ORDER BY 1, 2`, "01 | 1 | refuse | true", "01 | 2 | release | true", "02 | 1 | refuse | true", "02 | 2 | release | true")
	r.want(`SELECT right(member, 2), seq, policy_seq FROM key_decision_policy ORDER BY 1, 2`, "01 | 1 | 1", "01 | 2 | 2", "02 | 1 | 1", "02 | 2 | 2")

	moved := httptest.NewServer(b.srv.Config.Handler) // the same server at another address
	defer moved.Close()
	b.srv.Close()
	b.decide(true, id(0x62))
	r.reached(node.Append(2, tx(memberMoved(committeeServer, 1, moved.URL))))
	r.readTo(committeeServer, b, 3)

	// a leaves, c joins, b stays.
	b.srv = moved
	c.decide(true, id(0x61))
	a.decide(true, id(0x61)) // before it noticed
	r.reached(node.Append(3, tx(rotated(committeeServer, 1), membersNamed(committeeServer, 1, committeeContract, c.at(), b.at()))))
	b.decide(true, id(0x61))
	r.readTo(committeeServer, c, 1)
	r.readTo(committeeServer, b, 4)
	r.readTo(committeeServer, a, 3)
	if s := r.memberStatus(committeeServer, a.id); s.Left == nil || !s.Left.Equal(time.UnixMilli(3)) || s.Sequence != 3 || s.Error != "" {
		t.Errorf("who left: %+v", s)
	}
	if s := r.memberStatus(committeeServer, b.id); s.Left != nil || s.Sequence != 4 || s.Checked != 4 || s.URL != moved.URL || s.LastOK == nil {
		t.Errorf("who stayed: %+v", s)
	}

	// Built again from nothing, it has the same rows.
	_ = r.stop()
	fresh := index(t, node)
	fresh.reached(2)
	for k, n := range map[*keyServer]int{a: 3, b: 4, c: 1} {
		fresh.readTo(committeeServer, k, n)
	}
	_ = fresh.stop()
	wantSame(t, contentDigests(t, fresh.db, fresh.cfg.Schema), contentDigests(t, r.db, r.cfg.Schema))
}

// Who left long ago is read to the end and then left alone, until it is back.
func TestMemberThatLeft(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	a, b := newKeyServer(t, id(1)), newKeyServer(t, id(2))
	a.setDown(true)
	a.decide(true, id(0x61))
	b.decide(true, id(0x61))
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(committeeServer, ""), membersNamed(committeeServer, 0, committeeContract, a.at(), b.at()))))
	r.reached(node.Append(2, tx(rotated(committeeServer, 1), membersNamed(committeeServer, 1, committeeContract, b.at()))))
	r.readTo(committeeServer, b, 1)
	until(t, "it is asked although it left and is down", func() bool { return strings.Contains(r.memberStatus(committeeServer, a.id).Error, "503") })
	a.setDown(false)
	r.readTo(committeeServer, a, 1)
	var asked int
	until(t, "it is not asked any more", func() bool {
		was := asked
		asked = a.requests()
		b.decide(true, id(0x61))
		r.readTo(committeeServer, b, len(b.log))
		return asked == was && asked > 0
	})
	a.decide(true, id(0x61))
	b.decide(true, id(0x61))
	r.readTo(committeeServer, b, len(b.log))
	r.readTo(committeeServer, a, 1)
	r.reached(node.Append(3, tx(rotated(committeeServer, 2), membersNamed(committeeServer, 2, committeeContract, b.at(), a.at()))))
	r.readTo(committeeServer, a, 2)
}

// A member of two committees has a log in each, and a committee that names somebody
// else's member, at a server of its own, harms nobody but itself.
func TestCommitteesDoNotMix(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	first, forged := newKeyServer(t, id(1)), newKeyServer(t, id(1))
	forged.rotate(9)
	first.decide(true, id(0x61))
	forged.decide(false, id(0x61))
	forged.decide(false, id(0x61))
	r := index(t, node)
	other := id(0x82)
	r.reached(node.Append(1, tx(keyServerRegistered(committeeServer, ""), membersNamed(committeeServer, 0, committeeContract, first.at())),
		tx(keyServerRegistered(other, ""), membersNamed(other, 0, id(0xc2), forged.at()))))
	r.readTo(other, forged, 2)
	r.readTo(committeeServer, first, 1)
	first.decide(true, id(0x61))
	r.readTo(committeeServer, first, 2)
	r.want(`SELECT right(key_server_id, 2), right(member, 2), decision, count(*) FROM key_decision WHERE verified GROUP BY 1, 2, 3 ORDER BY 1`,
		"81 | 01 | release | 2", "82 | 01 | refuse | 2")
}

// What a member does that an honest one does not is on record, and the others are read
// as if nothing had been.
func TestMembersThatLie(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	var honest, root, withheld, order, signature *keyServer
	for i, k := range []**keyServer{&honest, &root, &withheld, &order, &signature} {
		*k = newKeyServer(t, id(byte(i+1)))
		for range 3 {
			(*k).decide(true, id(0x61))
		}
	}
	// Its tree has another receipt than it gives out.
	root.tree = append([]string{}, root.log...)
	root.tree[1] = honest.log[0]
	// Its tree has receipts that it keeps to itself.
	withheld.tree, withheld.log = withheld.log, withheld.log[:2]
	// Its checkpoints are signed with a key that it does not publish.
	signature.keys = honest.keys
	signature.rotate(7)
	signature.keys = signature.keys[:1]
	// Its receipts are numbered anyhow.
	anyhow := http.NewServeMux()
	anyhow.Handle("/", order.srv.Config.Handler)
	anyhow.HandleFunc("GET /v1/receipts", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"next": 3, "receipts": [{"seq": 2, "jwt": %q}, {"seq": 1, "jwt": %q}]}`, order.log[1], order.log[0])
	})
	numbered := httptest.NewServer(anyhow)
	defer numbered.Close()

	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(committeeServer, ""), membersNamed(committeeServer, 0, committeeContract,
		honest.at(), root.at(), withheld.at(), memberAt{order.id, numbered.URL}, signature.at()))))
	r.readTo(committeeServer, honest, 3)
	until(t, "each fault is on record", func() bool { return len(r.rows(`SELECT 1 FROM receipt_fault`)) == 4 })
	r.want(`SELECT right(member, 2), kind, tree_size, evidence IS NOT NULL FROM receipt_fault ORDER BY 1`,
		"02 | root | 3 | true", "03 | withheld | 3 | true", "04 | order | <nil> | false", "05 | signature | <nil> | false")
	r.want(`SELECT evidence LIKE 'floe/keyserver/'||member||E'\n3\n%' FROM receipt_fault WHERE kind = 'root'`, "true")
	r.want(`SELECT right(member, 2), seq, verified, problem FROM key_decision WHERE member <> $$`+honest.id.String()+`$$ ORDER BY 1, 2`,
		"02 | 1 | false | the log's checkpoint of size 3 is of other receipts", "02 | 2 | false | the log's checkpoint of size 3 is of other receipts",
		"02 | 3 | false | the log's checkpoint of size 3 is of other receipts", "03 | 1 | true | <nil>", "03 | 2 | true | <nil>")
	if s := r.memberStatus(committeeServer, root.id); s.Faults != 1 || s.Checked != 0 || !strings.Contains(s.Error, "other receipts") {
		t.Errorf("status of who lies: %+v", s)
	}
	honest.decide(true, id(0x61))
	r.readTo(committeeServer, honest, 4)
	if s := r.memberStatus(committeeServer, honest.id); s.Faults != 0 || s.Error != "" {
		t.Errorf("status of who does not: %+v", s)
	}
	// Who comes round goes on: what was doubted stays so.
	withheld.mu.Lock()
	withheld.log, withheld.tree = withheld.tree, nil
	withheld.mu.Unlock()
	r.readTo(committeeServer, withheld, 3)
	r.want(`SELECT count(*) FROM key_decision WHERE member = '`+withheld.id.String()+`' AND verified`, "3")
}

// A log that shows a second head of a size is found, after it was read to the end.
func TestSecondHeadOfASize(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(0x81))
	k.decide(true, id(0x61))
	k.decide(true, id(0x61))
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(k.id, k.srv.URL))))
	until(t, "the log is checked", func() bool { return len(r.rows(`SELECT 1 FROM receipt_watermark WHERE checked_size = 2`)) == 1 })
	k.mu.Lock()
	k.tree = []string{k.log[1], k.log[0]}
	k.mu.Unlock()
	until(t, "the second head is on record", func() bool {
		return len(r.rows(`SELECT 1 FROM receipt_fault WHERE kind = 'root' AND tree_size = 2`)) == 1
	})
	r.want(`SELECT count(*) FROM key_decision WHERE verified`, "2") // another head showed them to be in the log
}

// A receipt that a policy's owner would miss is found by the policy's own numbers.
func TestReceiptsMissingOfAPolicy(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(1))
	k.decide(true, id(0x61))
	k.decide(true, id(0x62))
	forked := newKeyServer(t, id(1)) // a log in which the policies began anew
	forked.decide(true, id(0x63))
	forked.decide(true, id(0x63))
	third := forked.decide(true, id(0x61)) // its first about the policy
	c := third.Claims
	before := receipt.HashOf(k.log[1])
	c.Previous = &before
	again, err := receipt.Sign(k.key, &c)
	if err != nil {
		t.Fatal(err)
	}
	k.log = append(k.log, again.Raw)
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(committeeServer, ""), membersNamed(committeeServer, 0, committeeContract, k.at()))))
	r.readTo(committeeServer, k, 3)
	r.want(`SELECT seq, verified, problem FROM key_decision ORDER BY seq`, "1 | true | <nil>", "2 | true | <nil>",
		"3 | false | receipt is number 1 of policy "+addr0+"61, the one before was number 1")
}

// An index whose logs were read before trees were kept computes them, once.
func TestOldLogsGetTheirTrees(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k, gap := newKeyServer(t, id(0x81)), newKeyServer(t, id(0x82))
	for range 5 {
		k.decide(true, id(0x61))
		gap.decide(true, id(0x61))
	}
	r := index(t, node)
	r.reached(node.Append(1, tx(keyServerRegistered(k.id, k.srv.URL), keyServerRegistered(gap.id, gap.srv.URL))))
	r.logged(k, 5)
	r.logged(gap, 5)
	_ = r.stop()
	migrateTo(t, r.db, r.cfg.Schema, 10)
	r.rows(`DELETE FROM key_decision_policy WHERE key_server_id = $1 AND seq = 3`, gap.id.String())
	r.rows(`DELETE FROM key_decision WHERE key_server_id = $1 AND seq = 3`, gap.id.String())
	again := indexInto(t, node, r.db, r.cfg.Schema)
	k.decide(true, id(0x61))
	gap.decide(true, id(0x61))
	again.logged(k, 6)
	again.logged(gap, 6)
	again.want(`SELECT seq, checked_size, octet_length(tree) FROM receipt_watermark ORDER BY key_server_id`, "6 | 6 | 64", "6 | 0 | 0")
	again.want(`SELECT count(*) FROM receipt_fault`, "0")
}

// The URLs of members are their own word, even if the operator named the committee.
func TestAsksNoPrivateAddressOfMembers(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	k := newKeyServer(t, id(1))
	k.decide(true, id(0x61))
	r := index(t, node, func(c *Config) {
		c.KeyServers, c.FollowRegistered, c.AllowPrivateURLs = []sui.Address{committeeServer}, false, false
	})
	r.reached(node.Append(1, tx(keyServerRegistered(committeeServer, ""), membersNamed(committeeServer, 0, committeeContract, k.at()))))
	until(t, "it is refused", func() bool { return strings.Contains(r.memberStatus(committeeServer, k.id).Error, "private") })
	if k.requests() != 0 {
		t.Error("it was asked")
	}
}
