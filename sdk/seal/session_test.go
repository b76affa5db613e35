package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// The request is that of the known answers, whose signatures the npm client
// and Sui's TypeScript SDK accepted.
func TestSessionRequest(t *testing.T) {
	var want FetchKeyRequest
	vector(t, "known_answers.json", &want, "request", "json")
	fullID := unhex(t, known[string](t, "full_id"))
	s, err := NewSessionKey(SessionConfig{
		User: want.Certificate.User, Package: sui.Address(fullID[:32]), TTL: 10 * time.Minute,
		Now: time.UnixMilli(1767323045000), Rand: bytes.NewReader(bytes.Repeat([]byte{6}, 32)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.PersonalMessage()); got != known[string](t, "request", "message") {
		t.Errorf("message = %s", got)
	}
	to := TransportKey{s: reduceScalar([]byte{7})}
	if _, err := s.NewRequest(want.PTB, to.Public()); err == nil {
		t.Error("a request without the wallet's signature was built")
	}
	s.SetSignature(want.Certificate.Signature)
	r := must[*FetchKeyRequest](t)(s.NewRequest(want.PTB, to.Public()))
	if got := hex.EncodeToString(r.SignedBytes()); got != known[string](t, "request", "request_format_bcs") {
		t.Errorf("signed bytes = %s", got)
	}
	got, _ := json.Marshal(r)
	again, _ := json.Marshal(want)
	if !bytes.Equal(got, again) {
		t.Errorf("request = %s\nwant      %s", got, again)
	}
	if s.Expired(time.UnixMilli(1767323045000 + 589_000)) {
		t.Error("expired 11 seconds before its end")
	}
	if !s.Expired(time.UnixMilli(1767323045000 + 591_000)) {
		t.Error("not expired 9 seconds before its end")
	}
}

func TestCertificateMessage(t *testing.T) {
	vk := must[[]byte](t)(base64.StdEncoding.DecodeString("DX2rNYyNrapO+gBJp1sHQ2VVsQo2ghm7aA9wVxNJ13U="))
	pkg := sui.Address(unhex(t, "0000c457b42d48924087ea3f22d35fd2fe9afdf5bdfe38cc51c0f14f3282f6d5"))
	c := Certificate{SessionKey: vk, CreatedMS: 1622548800, TTLMinutes: 30}
	if got, want := string(c.Message(pkg)), upstream(t, "signed_message", "message"); got != want {
		t.Errorf("message = %s, want %s", got, want)
	}
	name := "@my/package"
	c.MVRName = &name
	if got, want := string(c.Message(pkg)), upstream(t, "signed_message", "message mvr"); got != want {
		t.Errorf("message = %s, want %s", got, want)
	}
}

func TestSignedBytes(t *testing.T) {
	b64 := func(key string) []byte {
		return must[[]byte](t)(base64.StdEncoding.DecodeString(upstream(t, "request_format", key)))
	}
	r := FetchKeyRequest{PTB: b64("ptb"), EncKey: b64("enc_key"), VerificationKey: b64("enc_verification_key")}
	if got, want := r.SignedBytes(), b64("bcs"); !bytes.Equal(got, want) {
		t.Errorf("signed bytes = %x, want %x", got, want)
	}
}

func TestNewSessionKeyRefuses(t *testing.T) {
	for _, ttl := range []time.Duration{0, 30 * time.Second, 90 * time.Second, 31 * time.Minute} {
		if _, err := NewSessionKey(SessionConfig{TTL: ttl, Rand: bytes.NewReader(make([]byte, 32))}); err == nil {
			t.Errorf("TTL %v is accepted", ttl)
		}
	}
}
