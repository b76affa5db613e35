package contract_test

// What the contracts should decide, told a second time: from the documentation
// of move/access and on values of its own, so that it shares no code with the
// contracts, nor with what reads them.

const never = ^uint64(0)

type person int // 0 is the policy's owner

type condition struct {
	kind      int // as the variants of rule::Rule
	at        uint64
	typ       int // of witnesses and objects
	offer     uint64
	purposes  []string
	stewards  []person
	threshold int
	version   int // in the lineage
	service   int // of enclaves
}

type offered struct {
	id      uint64
	inSUI   bool
	price   uint64
	open    bool
	version bool // is paid along a lineage
}

// A node of the lineage; parents have smaller numbers.
type node struct {
	parents []int
	revoked bool
	held    bool // by its owner
	law     bool // by its holders
}

// A situation is all that a decision can depend on.
type situation struct {
	clauses   [][]condition
	offers    []offered
	members   map[person]bool
	approvals map[[2]person]uint64 // until when, by requester and steward
	heldUntil uint64               // 0 is no hold
	nodes     []node
	services  []service
	machine   machine
	newAccess bool // a newer version of the access package is in force
	newRecord bool // and of the catalog package
	now       uint64
	q         question
}

// A question is who asks for what, with what in hand.
type question struct {
	call    int // see the constants
	who     person
	foreign bool // the identity is another policy's
	pass    ticket
	typ     int // of the object that is shown
	request bundle
	offer   uint64 // to buy
	amount  uint64
	purpose string // "" is none
	vouch   bool   // to show the enclave in the request to make
	proof   proof
}

const (
	askPlain = iota
	askHolding
	askPass
	askRequest
	askEnclave
	askEnclaveRequest
	buyPass
	makeRequest // with a pass and a purpose
	calls
)

// A ticket is a pass: of this policy or not, of whom, until when (never), for how
// many uses (-1 is any number).
type ticket struct {
	other   bool
	offer   uint64
	holder  person
	expires uint64
	uses    int
}

// A bundle is a key request: what was shown once.
type bundle struct {
	other   bool
	of      person
	until   uint64
	offers  []uint64
	objects []int
	purpose string
	vouched []int
}

// shown is what a decision may count for the requester.
type shown struct {
	who     person
	offers  []uint64
	objects []int
	purpose string
	vouched []int
	service []int // of the enclave whose wallet the requester is
}

// verdict is the name of the error, "" for yes.
func (s *situation) verdict() string {
	q := &s.q
	switch q.call {
	case askHolding:
		return s.asks(shown{who: q.who, objects: []int{q.typ}})
	case askPass:
		if q.pass.uses >= 0 {
			return "pass::EMustRequest"
		}
		if why := s.pass(); why != "" {
			return why
		}
		return s.asks(shown{who: q.who, offers: []uint64{q.pass.offer}})
	case askRequest, askEnclaveRequest:
		r := q.request
		if why := s.bundle(); why != "" {
			return why
		}
		e := shown{who: r.of, offers: r.offers, objects: r.objects, purpose: r.purpose, vouched: r.vouched}
		if q.call == askEnclaveRequest {
			return s.asksEnclave(e)
		}
		return s.asks(e)
	case askEnclave:
		return s.asksEnclave(shown{who: q.who})
	case buyPass:
		return s.buys()
	case makeRequest:
		return s.requests()
	}
	return s.asks(shown{who: q.who})
}

// bundle says why the key request is none for the requester now.
func (s *situation) bundle() string {
	r := s.q.request
	switch {
	case r.other:
		return "key_request::EWrongPolicy"
	case r.of != s.q.who:
		return "key_request::ENotRequester"
	case s.now > r.until:
		return "key_request::EExpired"
	}
	return ""
}

func (s *situation) asks(e shown) string {
	switch {
	case s.newAccess:
		return "version::EWrongVersion"
	case s.q.foreign:
		return "policy::EWrongIdentity"
	}
	return s.decides(e)
}

func (s *situation) decides(e shown) string {
	if s.now < s.heldUntil {
		return "policy::EHeld"
	}
	why, best := "policy::ENoAccess", -1
	for _, clause := range s.clauses {
		met, reason := 0, ""
		for _, c := range clause {
			if reason = s.unmet(c, e); reason != "" {
				break
			}
			met++
		}
		if reason == "" || reason == outdatedCatalog {
			return reason
		}
		if met > best {
			why, best = reason, met
		}
	}
	return why
}

const outdatedCatalog = "catalog_version::EWrongVersion"

func (s *situation) unmet(c condition, e shown) string {
	ok, why := false, "policy::ENoAccess"
	switch c.kind {
	case 0:
		ok = e.who == 0
	case 1:
		ok = s.members[e.who]
	case 2:
		ok, why = s.now >= c.at, "policy::ETooEarly"
	case 3:
		ok, why = s.now <= c.at, "policy::ETooLate"
	case 4:
		ok, why = in(c.typ, e.objects), "policy::EObjectNotShown"
	case 5:
		ok, why = in(c.offer, e.offers), "policy::ENoPass"
	case 6:
		ok, why = e.purpose != "" && (len(c.purposes) == 0 || in(e.purpose, c.purposes)), "policy::ENoPurpose"
	case 7:
		n := 0
		for _, steward := range c.stewards {
			if until, approved := s.approvals[[2]person{e.who, steward}]; approved && s.now <= until {
				n++
			}
		}
		ok, why = n >= c.threshold, "policy::ENotApproved"
	case 8:
		ok, why = in(c.typ, e.vouched), "policy::ENotAttested"
	case 9:
		return s.dead(c.version)
	case 10:
		ok, why = in(c.service, e.service), "policy::ENotAttested"
	}
	if ok {
		return ""
	}
	return why
}

// dead says why a version does not live: a revocation anywhere behind it counts
// before a hold anywhere.
func (s *situation) dead(version int) string {
	if s.newRecord {
		return outdatedCatalog
	}
	revoked, held := false, false
	var visit func(int)
	visit = func(i int) {
		n := s.nodes[i]
		revoked, held = revoked || n.revoked, held || n.held || n.law
		for _, p := range n.parents {
			visit(p)
		}
	}
	visit(version)
	switch {
	case revoked:
		return "policy::ERevoked"
	case held:
		return "policy::EOnHold"
	}
	return ""
}

// pass says why the pass is none for the requester now.
func (s *situation) pass() string {
	p := s.q.pass
	switch {
	case p.other:
		return "pass::EWrongPolicy"
	case p.holder != s.q.who:
		return "pass::ENotHolder"
	case s.now > p.expires:
		return "pass::EExpired"
	}
	return ""
}

func (s *situation) buys() string {
	if s.newAccess {
		return "version::EWrongVersion"
	}
	if s.now < s.heldUntil {
		return "policy::EHeld"
	}
	for _, o := range s.offers {
		if o.id != s.q.offer {
			continue
		}
		switch {
		case !o.open:
			return "pass::ENotForSale"
		case !o.inSUI:
			return "pass::EWrongCoin"
		case o.price != s.q.amount:
			return "pass::EWrongAmount"
		case o.version:
			return "pass::EForVersion"
		}
		return ""
	}
	return "policy::EUnknownOffer"
}

func (s *situation) requests() string {
	if s.newAccess {
		return "version::EWrongVersion"
	}
	if why := s.pass(); why != "" {
		return why
	}
	if s.q.pass.uses == 0 {
		return "pass::EUsedUp"
	}
	e := shown{who: s.q.who, offers: []uint64{s.q.pass.offer}, purpose: s.q.purpose}
	if s.q.vouch {
		if why := s.enclave(); why != "" {
			return why
		}
		e.service = []int{s.q.proof.service}
	}
	return s.decides(e)
}

func in[T comparable](x T, list []T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
