package contract_test

// The reference's account of enclaves. It looks at what an enclave said and at
// what it is claimed to have said, never at a signature.

// A service is a configuration of enclaves: its versions, revoked or not.
type service struct {
	revoked bool
	images  []bool
}

// A machine is an enclave that was registered.
type machine struct {
	service int
	image   int // may be one that the service never had
	revoked bool
	ends    uint64 // the first moment after its registration
}

const (
	thisEnclave = iota
	anotherEnclave
	theWallet
	signers
)

const nobody person = -1 // whose key is not even a key

const walletScope = 1 // of all that enclaves sign: "this wallet is mine"

// An utterance is what was signed, and by whom.
type utterance struct {
	by    int // one of the signers
	scope int
	at    uint64
	owner person // of the wallet
}

// A proof is what a requester shows to be an enclave's wallet.
type proof struct {
	service int // the configuration that is shown with the enclave
	owner   person
	at      uint64
	said    utterance
	damaged int // bytes that the signature lacks; -1 is one bit that is wrong
}

const (
	hour   = 60 * 60 * 1000
	minute = 60 * 1000
)

func (s *situation) asksEnclave(e shown) string {
	if why := s.enclave(); why != "" {
		return why
	}
	e.service = []int{s.q.proof.service}
	return s.asks(e)
}

// enclave says why the requester's proof is none, "" if the requester is the
// wallet of an enclave of the service that is shown.
func (s *situation) enclave() string {
	p, m := s.q.proof, s.machine
	if p.owner != s.q.who {
		return "enclave_gate::EWrongWallet"
	}
	if m.service != p.service {
		return "enclave::EWrongConfig"
	}
	if m.revoked {
		return "enclave::ERevoked"
	}
	if s.now >= m.ends {
		return "enclave::EExpired"
	}
	of := s.services[p.service]
	if of.revoked {
		return "enclave_config::EConfigRevoked"
	}
	if m.image >= len(of.images) {
		return "enclave_config::EUnknownVersion"
	}
	if of.images[m.image] {
		return "enclave_config::EVersionRevoked"
	}
	if p.at > s.now && p.at-s.now > minute {
		return "enclave::EFutureMessage"
	}
	if p.at < s.now && s.now-p.at > hour {
		return "enclave::EStaleMessage"
	}
	if p.forgery() != "" {
		return "enclave::EInvalidSignature"
	}
	return ""
}

// forgery says what is wrong with the signature, "" for nothing.
func (p proof) forgery() string {
	switch {
	case p.damaged != 0:
		return "damaged"
	case p.said.by != thisEnclave:
		return "another's key"
	case p.said.scope != walletScope:
		return "said in another scope"
	case p.said.at != p.at:
		return "said at another time"
	case p.said.owner != p.owner:
		return "said of another wallet"
	}
	return ""
}

func (q *question) showsEnclave() bool {
	return q.call == askEnclave || q.call == askEnclaveRequest || q.call == makeRequest && q.vouch
}

// withoutEnclave is the same situation, but that the requester shows no enclave.
func (s *situation) withoutEnclave() *situation {
	other := *s
	switch s.q.call {
	case askEnclave:
		other.q.call = askPlain
	case askEnclaveRequest:
		other.q.call = askRequest
	}
	other.q.vouch = false
	return &other
}
