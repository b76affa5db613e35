package dkg

import (
	"errors"
	"fmt"
	"io"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// Deal returns the member's message to all others. In a rotation share is the
// member's share of the key, and only members of the old committee deal; for a
// new key share is nil.
func (k *Keys) Deal(random io.Reader, c *Committee, party int, share *seal.MasterKey) ([]byte, error) {
	cc, err := k.join(c, party)
	if err != nil {
		return nil, fmt.Errorf("deal shares: %w", err)
	}
	p := make(polynomial, c.Threshold)
	for i := range p {
		if p[i], err = seal.RandomScalar(random); err != nil {
			return nil, fmt.Errorf("deal shares: %w", err)
		}
	}
	switch {
	case (c.Old != nil) != (share != nil):
		return nil, errors.New("deal shares: a share of the old committee's key is dealt in a rotation, and in a rotation only")
	case share != nil:
		if err := cc.checkShare(party, share); err != nil {
			return nil, fmt.Errorf("deal shares: %w", err)
		}
		p[0].SetBytes(share.Bytes())
	}
	m := &signedMessage{message: message{sender: uint16(party)}}
	for i := range p {
		m.commitments = append(m.commitments, hiddenG2(&p[i]))
	}
	if err := m.encryptShares(random, cc, p); err != nil {
		return nil, fmt.Errorf("deal shares: %w", err)
	}
	if m.secret, err = proveKnowledge(random, secretOracle(c.ID, party), m.commitments[0], &p[0]); err != nil {
		return nil, fmt.Errorf("deal shares: %w", err)
	}
	m.sign(c.ID, &k.signing)
	return bcs.Marshal(m), nil
}

// join checks that the keys are the party's.
func (k *Keys) join(c *Committee, party int) (*committee, error) {
	cc, err := c.parse()
	if err != nil {
		return nil, err
	}
	if party < 0 || party >= len(c.Members) {
		return nil, fmt.Errorf("there is no party %d in a committee of %d", party, len(c.Members))
	}
	if mine := k.Member(); mine.EncryptionKey != c.Members[party].EncryptionKey || mine.SigningKey != c.Members[party].SigningKey {
		return nil, fmt.Errorf("party %d is registered with other keys than these", party)
	}
	return cc, nil
}

// checkShare demands that a share is the one that the old committee shows.
func (c *committee) checkShare(party int, share *seal.MasterKey) error {
	old := c.Members[party].OldParty
	if old == NotOld {
		return fmt.Errorf("party %d was not in the old committee and has nothing to deal", party)
	}
	if want := c.old[old].Bytes(); string(share.PublicKey().Bytes()) != string(want[:]) {
		return fmt.Errorf("the share is not that of old party %d", old)
	}
	return nil
}

// A Result is what a ceremony gives a member.
type Result struct {
	Share             *seal.MasterKey // the member's share of the key: a secret; nil from Verify
	PublicKey         [96]byte        // of the committee
	PartialPublicKeys [][96]byte      // by party
	Messages          [32]byte        // digest of the messages: equal for all members
}

// Process checks the messages of all dealers, in any order, and returns the
// member's share: all members deal a new key, as many members of the old
// committee as its threshold says deal in a rotation. A message that does not
// hold up is a [*Blame].
func (k *Keys) Process(random io.Reader, c *Committee, party int, messages [][]byte) (*Result, error) {
	cc, err := k.join(c, party)
	if err != nil {
		return nil, fmt.Errorf("process messages: %w", err)
	}
	dealt, err := cc.readMessages(messages)
	if err != nil {
		return nil, fmt.Errorf("process messages: %w", err)
	}
	weights, err := cc.weights(dealt)
	if err != nil {
		return nil, fmt.Errorf("process messages: %w", err)
	}
	var share fr.Element
	for i, m := range dealt {
		o := encryptionOracle(c.ID, int(m.sender))
		s, ok := m.openShare(o, party, hiddenG1(m.c, &k.encryption))
		if !ok {
			return nil, k.accuse(random, cc, party, m)
		}
		s.Mul(&s, &weights[i])
		share.Add(&share, &s)
	}
	r, err := cc.result(dealt, weights)
	if err != nil {
		return nil, err
	}
	b := share.Bytes()
	if r.Share, err = seal.ParseMasterKey(b[:]); err != nil {
		return nil, fmt.Errorf("process messages: %w", err)
	}
	return r, nil
}

// Verify is Process for those who are no members, or have their keys elsewhere:
// it checks of the messages what everybody can check, and returns the public
// outcome. What it can't see is whether each member got its share; a member that
// did not has a complaint to show: see [Committee.VerifyComplaint].
func (c *Committee) Verify(messages [][]byte) (*Result, error) {
	cc, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("verify messages: %w", err)
	}
	dealt, err := cc.readMessages(messages)
	if err != nil {
		return nil, fmt.Errorf("verify messages: %w", err)
	}
	weights, err := cc.weights(dealt)
	if err != nil {
		return nil, fmt.Errorf("verify messages: %w", err)
	}
	return cc.result(dealt, weights)
}

// Sender returns the party that a message names as its dealer, of a message that
// decodes. Nothing of it is verified.
func Sender(b []byte) (party int, err error) {
	m := new(signedMessage)
	if err := bcs.Unmarshal(b, m); err != nil {
		return 0, fmt.Errorf("read message: %w", err)
	}
	return int(m.sender), nil
}

// CheckDealer demands that a party of this committee signed a message. Whether what
// it says holds up is for Process and Verify to tell.
func (c *Committee) CheckDealer(message []byte, party int) error {
	cc, err := c.parse()
	if err != nil {
		return fmt.Errorf("check message: %w", err)
	}
	m := new(signedMessage)
	switch err := bcs.Unmarshal(message, m); {
	case err != nil:
		return fmt.Errorf("check message: %w", err)
	case int(m.sender) != party || party >= len(c.Members) || !m.verifySignature(c.ID, cc.signing[party]):
		return fmt.Errorf("check message: it is not signed by party %d for committee %s", party, c.ID)
	}
	return nil
}

// readMessages checks all of the messages that everybody can check, and
// returns them by sender.
func (c *committee) readMessages(messages [][]byte) ([]*signedMessage, error) {
	want := len(c.Members)
	if c.Old != nil {
		want = c.Old.Threshold
	}
	if len(messages) != want {
		return nil, fmt.Errorf("%d messages, want exactly %d", len(messages), want)
	}
	seen := map[[32]byte]int{}
	for i, b := range messages {
		digest := blake2b.Sum256(b)
		if other, is := seen[digest]; is { // brought twice, by whoever: nobody is to blame
			return nil, fmt.Errorf("messages %d and %d are the same", other, i)
		}
		seen[digest] = i
	}
	var dealt []*signedMessage
	for i, b := range messages {
		m := new(signedMessage)
		if err := bcs.Unmarshal(b, m); err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
		if int(m.sender) >= len(c.Members) {
			return nil, fmt.Errorf("message %d: there is no party %d", i, m.sender)
		}
		if !m.verifySignature(c.ID, c.signing[m.sender]) {
			return nil, fmt.Errorf("message %d: not signed by party %d for this committee", i, m.sender)
		}
		if why := c.fault(m); why != "" {
			return nil, &Blame{Party: int(m.sender), Why: why}
		}
		dealt = append(dealt, m)
	}
	slices.SortFunc(dealt, func(a, b *signedMessage) int { return int(a.sender) - int(b.sender) })
	for i := range dealt[1:] {
		if dealt[i].sender == dealt[i+1].sender {
			return nil, &Blame{Party: int(dealt[i].sender), Why: "it sent two messages"}
		}
	}
	return dealt, nil
}

// fault says what is wrong with a message that its sender signed, "" if nothing
// that everybody can see.
func (c *committee) fault(m *signedMessage) string {
	switch {
	case len(m.commitments) != c.Threshold:
		return fmt.Sprintf("it dealt a polynomial of %d coefficients, want %d", len(m.commitments), c.Threshold)
	case len(m.shares) != len(c.Members):
		return fmt.Sprintf("it dealt %d shares, want %d", len(m.shares), len(c.Members))
	case slices.ContainsFunc(m.shares, func(s []byte) bool { return len(s) != shareSize }):
		return fmt.Sprintf("an encrypted share has not %d bytes", shareSize)
	case !m.secret.verify(secretOracle(c.ID, int(m.sender)), m.commitments[0]):
		return "it does not prove that it knows the secret that it deals"
	}
	o := encryptionOracle(c.ID, int(m.sender))
	if q := m.equation(o); !q.verify(o.extend("zk"), &m.proof) {
		return "the proof of its encryption does not hold"
	}
	if c.Old == nil {
		return ""
	}
	old := c.Members[m.sender].OldParty
	if old == NotOld {
		return "it was not in the old committee and deals all the same"
	}
	if !m.commitments[0].Equal(&c.old[old]) {
		return "it deals something else than its share of the key"
	}
	return ""
}

// weights are the factors of the dealers' secrets in the key.
func (c *committee) weights(dealt []*signedMessage) ([]fr.Element, error) {
	if c.Old == nil {
		ones := make([]fr.Element, len(dealt))
		for i := range ones {
			ones[i].SetOne()
		}
		return ones, nil
	}
	parties := make([]uint16, len(dealt))
	for i, m := range dealt {
		parties[i] = uint16(c.Members[m.sender].OldParty)
	}
	return seal.LagrangeAtZero(parties)
}

// result is the public outcome of messages that hold up.
func (c *committee) result(dealt []*signedMessage, weights []fr.Element) (*Result, error) {
	sum := make(commitments, c.Threshold)
	e := bcs.NewEncoder()
	e.ULEB(uint64(len(dealt)))
	for i, m := range dealt {
		m.MarshalBCS(e)
		for j := range sum {
			p := timesG2(m.commitments[j], &weights[i])
			sum[j].Add(&sum[j], &p)
		}
	}
	r := &Result{PublicKey: sum[0].Bytes(), Messages: blake2b.Sum256(e.Data())}
	if c.Old != nil && r.PublicKey != c.Old.PublicKey {
		return nil, errors.New("process messages: the rotation would change the public key; the old committee's keys do not belong together")
	}
	for i := range c.Members {
		p := sum.at(i)
		r.PartialPublicKeys = append(r.PartialPublicKeys, p.Bytes())
	}
	return r, nil
}

// A complaint proves that a dealer gave a member a bad share, by showing the
// point that they share, so that all can decrypt what was sent.
type complaint struct {
	accused, accuser uint16
	shared           bls12381.G1Affine
	proof            sameLog
}

func (p *complaint) MarshalBCS(e *bcs.Encoder) {
	e.U16(p.accused)
	e.U16(p.accuser)
	e.Fixed(encode(p.shared))
	p.proof.MarshalBCS(e)
}

func (p *complaint) UnmarshalBCS(d *bcs.Decoder) {
	p.accused, p.accuser, p.shared = d.U16(), d.U16(), decodeG1(d)
	p.proof.UnmarshalBCS(d)
}

func complaintOracle(committee sui.Address, accuser, accused uint16) oracle {
	return ceremony(committee).extend("recovery of %d received from %d", accuser, accused)
}

// accuse returns the Blame of a dealer whose share does not fit.
func (k *Keys) accuse(random io.Reader, c *committee, party int, m *signedMessage) error {
	p := &complaint{accused: m.sender, accuser: uint16(party), shared: hiddenG1(m.c, &k.encryption)}
	q := equation{other: m.c, x: c.encryption[party], y: p.shared}
	var err error
	if p.proof, err = q.prove(random, complaintOracle(c.ID, p.accuser, p.accused), &k.encryption); err != nil {
		return fmt.Errorf("process messages: %w", err)
	}
	return &Blame{Party: int(m.sender), Why: fmt.Sprintf("the share that it dealt to party %d is not the one that it committed to", party),
		Complaint: bcs.Marshal(p)}
}

// VerifyComplaint tells whether a complaint of a member proves that the sender
// of one of the messages cheated: it returns that [*Blame], or an error that
// says why the complaint proves nothing.
func (c *Committee) VerifyComplaint(messages [][]byte, evidence []byte) error {
	cc, err := c.parse()
	if err != nil {
		return fmt.Errorf("verify complaint: %w", err)
	}
	dealt, err := cc.readMessages(messages)
	if err != nil {
		return fmt.Errorf("verify complaint: %w", err)
	}
	p := new(complaint)
	if err := bcs.Unmarshal(evidence, p); err != nil {
		return fmt.Errorf("verify complaint: %w", err)
	}
	i := slices.IndexFunc(dealt, func(m *signedMessage) bool { return m.sender == p.accused })
	if i < 0 || int(p.accuser) >= len(c.Members) {
		return fmt.Errorf("verify complaint: party %d did not deal, or there is no party %d", p.accused, p.accuser)
	}
	q := equation{other: dealt[i].c, x: cc.encryption[p.accuser], y: p.shared}
	if !q.verify(complaintOracle(c.ID, p.accuser, p.accused), &p.proof) {
		return fmt.Errorf("verify complaint: party %d does not show what it shares with party %d", p.accuser, p.accused)
	}
	if _, ok := dealt[i].openShare(encryptionOracle(c.ID, int(p.accused)), int(p.accuser), p.shared); ok {
		return fmt.Errorf("verify complaint: the share of party %d is good, its complaint is not", p.accuser)
	}
	return &Blame{Party: int(p.accused), Why: fmt.Sprintf("the share that it dealt to party %d is not the one that it committed to", p.accuser)}
}
