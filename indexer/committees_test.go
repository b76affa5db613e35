package indexer

import (
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// memberAt is a member of a committee as the chain names it.
type memberAt struct {
	member sui.Address
	url    string
}

// membersNamed names the members of a committee, through a copy of its contract.
func membersNamed(server sui.Address, version uint32, copyOf sui.Address, members ...memberAt) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(server[:])
	e.U32(version)
	e.U16(2)
	for _, write := range []func(memberAt){
		func(m memberAt) { e.Value(m.member) },
		func(m memberAt) { e.String("member " + m.member.String()[64:]) },
		func(m memberAt) { e.String(m.url) },
		func(memberAt) { e.Bytes([]byte{9}) },
	} {
		e.ULEB(uint64(len(members)))
		for _, m := range members {
			write(m)
		}
	}
	ev := event("CommitteeMembersNamed", e.Data())
	ev.Package = copyOf
	return ev
}

func rotated(server sui.Address, version uint32) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(server[:])
	e.U32(version)
	e.U16(2)
	return event("KeyServerRotated", e.Data())
}

func memberMoved(server sui.Address, party uint16, url string) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(server[:])
	e.U16(party)
	e.String(url)
	return event("PartialKeyServerUpdated", e.Data())
}

func rotationInitiated(contract, committee, old sui.Address) sui.Event {
	e := bcs.NewEncoder()
	e.Fixed(committee[:])
	e.Fixed(old[:])
	ev := event("CommitteeRotationInitiated", e.Data())
	ev.Type.Address, ev.Package = contract, contract
	return ev
}

// The members are those that were named last, at the URLs that they gave last; nobody
// knows them after a rotation that named none.
func TestMembersOfCommitteesNow(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	r := index(t, node, func(c *Config) { c.FollowRegistered = false })
	a, b, mine := id(0x81), id(0x82), id(0xc1)
	now := `SELECT key_server_id, version, party_id, member, url FROM committee_member_now ORDER BY 1, 3`
	r.reached(node.Append(1, tx(keyServerRegistered(a, ""), membersNamed(a, 0, mine, memberAt{id(1), "https://one"}, memberAt{id(2), "https://two"})),
		tx(membersNamed(b, 0, id(0xc2), memberAt{id(1), "https://one-of-b"}))))
	r.want(now, addr0+"81 | 0 | 0 | "+addr0+"01 | https://one", addr0+"81 | 0 | 1 | "+addr0+"02 | https://two", addr0+"82 | 0 | 0 | "+addr0+"01 | https://one-of-b")

	r.reached(node.Append(2, tx(memberMoved(a, 1, "https://moved")), tx(memberMoved(a, 1, "https://moved-again")), tx(memberMoved(b, 7, "https://nobody"))))
	r.want(now, addr0+"81 | 0 | 0 | "+addr0+"01 | https://one", addr0+"81 | 0 | 1 | "+addr0+"02 | https://moved-again", addr0+"82 | 0 | 0 | "+addr0+"01 | https://one-of-b")

	r.reached(node.Append(3, tx(rotated(a, 1), membersNamed(a, 1, mine, memberAt{id(2), "https://two"}, memberAt{id(3), "https://three"})), tx(rotated(b, 1))))
	r.want(now, addr0+"81 | 1 | 0 | "+addr0+"02 | https://two", addr0+"81 | 1 | 1 | "+addr0+"03 | https://three")
}

// The contract of a committee is followed from the moment that it names members, after
// a restart too; of other packages nothing is kept, nor are its other events.
func TestFollowsContractsOfCommittees(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	mine, other := id(0xc1), id(0xc2)
	story := func() uint64 {
		unknown := rotationInitiated(mine, id(1), id(2))
		unknown.Type.Name = "Flood"
		return node.Append(1, tx(rotationInitiated(mine, id(0x91), id(0x90)), rotationInitiated(other, id(0x93), id(0x92)), unknown))
	}
	story() // before it is known
	node.Append(2, tx(rotationInitiated(mine, id(0xa1), id(0xa0)), membersNamed(id(0x81), 0, mine, memberAt{id(1), "https://one"}), rotationInitiated(mine, id(0xb1), id(0xb0))))
	r := index(t, node, func(c *Config) { c.FollowRegistered = false })
	r.reached(story())
	_ = r.stop()
	again := indexInto(t, node, r.db, r.cfg.Schema, func(c *Config) { c.FollowRegistered = false })
	again.reached(story())
	again.want(`SELECT checkpoint, event_seq, committee_id, package_id FROM committee_rotation ORDER BY 1, 2`,
		"1 | 2 | "+addr0+"b1 | "+mine.String(), "2 | 0 | "+addr0+"91 | "+mine.String(), "3 | 0 | "+addr0+"91 | "+mine.String())
	again.want(`SELECT count(*) FROM event`, "4")
}

// The views over enclaves and upgrades say what is now.
func TestEnclavesAndUpgradesNow(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	encode := func(name string, fields ...any) sui.Event {
		e := bcs.NewEncoder()
		for _, f := range fields {
			switch f := f.(type) {
			case sui.Address:
				e.Fixed(f[:])
			case uint64:
				e.U64(f)
			case uint8:
				e.U8(f)
			case bool:
				e.Bool(f)
			case []byte:
				e.Bytes(f)
			}
		}
		return event(name, e.Data())
	}
	registered := func(enclave byte, version uint64) sui.Event {
		return encode("EnclaveRegistered", id(enclave), id(0x70), version, []byte{1}, []byte{2}, id(0xa), true, uint64(1), uint64(2), uint64(100))
	}
	guard, none := id(0x60), []byte{}
	last := node.Append(1,
		tx(registered(1, 0), registered(2, 1), registered(3, 0), registered(4, 0)),
		tx(encode("EnclaveRenewed", id(1), uint64(50), uint64(200)), encode("EnclaveSucceeded", id(3), id(1)), encode("EnclaveRevoked", id(4), id(0xa), none, uint64(9)),
			encode("MeasurementRevoked", id(0x70), uint64(1), none, uint64(9)), encode("EnclaveRemoved", id(4)), encode("MeasurementRevoked", id(0x71), uint64(0), none, uint64(9))),
		tx(encode("UpgradesGuarded", guard, id(0x61), uint64(5)), encode("UpgradeProposed", guard, id(0x61), uint8(0), []byte{1}, uint64(10)), encode("UpgradeCancelled", guard, []byte{1}),
			encode("UpgradeProposed", guard, id(0x61), uint8(128), []byte{2}, uint64(11)), encode("UpgradeCommitted", guard, id(0x62), []byte{2}),
			encode("UpgradeProposed", guard, id(0x62), uint8(128), []byte{1}, uint64(12))))
	r := index(t, node)
	r.reached(last)
	r.want(`SELECT right(enclave_id, 2), expires_at_ms::text, right(predecessor_id, 2), is_revoked, is_removed FROM enclave_now ORDER BY 1`,
		"01 | 200 | <nil> | false | false", "02 | 100 | <nil> | true | false", "03 | 100 | 01 | false | false", "04 | 100 | <nil> | true | true")
	r.want(`SELECT right(package_id, 2), upgrade_policy, digest, ready_at_ms::text FROM upgrade_waiting`, "62 | 128 | 01 | 12")
	r.reached(node.Append(2, tx(encode("UpgradesEnded", guard, id(0x62)), encode("ConfigRevoked", id(0x70), none, uint64(9)))))
	r.want(`SELECT count(*) FROM upgrade_waiting`, "0")
	r.want(`SELECT count(*) FROM enclave_now WHERE NOT is_revoked`, "0")
}
