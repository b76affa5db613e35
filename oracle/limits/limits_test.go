package limits

import (
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

func newLimiter(t *testing.T, cfg Config) (*Limiter, *clock) {
	t.Helper()
	c := &clock{start}
	l, err := New(cfg, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

func ids(n int) (out [][]byte) {
	for i := range n {
		out = append(out, binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	return out
}

// admit asks for n keys and returns the code of the denial.
func admit(l *Limiter, user, pkg byte, n int) string {
	done, d := l.Admit(Ask{User: sui.Address{user}, Package: sui.Address{pkg}, IDs: ids(n)})
	if d != nil {
		return d.Code
	}
	done(true)
	return ""
}

// A bucket behaves as one that is filled by steps of a token.
func TestBucketIsATokenBucket(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		r := Rate{N: 1 + random.IntN(50), Burst: 1 + random.IntN(40)}
		r.Per = time.Duration(r.N) * 100 * time.Millisecond // a token per 100 ms
		b, now, have := newBuckets(), start, r.Burst
		for step := range 300 {
			ticks := random.IntN(6)
			now = now.Add(time.Duration(ticks) * 100 * time.Millisecond)
			have = min(r.Burst, have+ticks)
			n := 1 + random.IntN(r.Burst+2)
			wait, ok := b.take(sui.Address{1}, n, r, now)
			if ok != (n <= have) {
				t.Fatalf("%+v, step %d: %d of %d tokens: %v", r, step, n, have, ok)
			}
			if !ok && wait != time.Duration(n-have)*100*time.Millisecond {
				t.Fatalf("%+v, step %d: wait %v for %d of %d tokens", r, step, wait, n, have)
			}
			if ok {
				have -= n
			}
		}
	}
}

func TestQuotas(t *testing.T) {
	l, c := newLimiter(t, Config{
		PerUser:    Rate{N: 60, Per: time.Minute, Burst: 10},
		PerPackage: Rate{N: 600, Per: time.Minute, Burst: 25},
		PerKey:     Rate{N: 60, Per: time.Minute, Burst: 3},
	})
	step := func(what string, user, pkg byte, n int, want string) {
		t.Helper()
		if got := admit(l, user, pkg, n); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	step("within", 1, 1, 7, "")
	step("more than is left", 1, 1, 4, "quota_user")
	step("what is left", 1, 1, 3, "")
	step("more than ever", 2, 1, 11, "quota_user")
	step("another user", 2, 1, 5, "")
	step("a key that three asked for", 3, 1, 1, "quota_key")
	step("of another package", 3, 2, 1, "")
	c.time = c.time.Add(time.Minute)
	step("a minute later", 4, 1, 10, "")
	step("another", 5, 1, 10, "")
	step("more than all may", 6, 1, 6, "quota_package")
	step("what is left for all", 6, 1, 5, "")
}

// What was taken for a request that another quota stops is given back.
func TestDeniedTakesNothing(t *testing.T) {
	l, c := newLimiter(t, Config{PerUser: Rate{N: 1, Per: time.Hour, Burst: 3}, PerPackage: Rate{N: 1, Per: time.Minute, Burst: 1}})
	if got := admit(l, 1, 1, 1); got != "" {
		t.Fatal(got)
	}
	for range 10 {
		if got := admit(l, 1, 1, 1); got != "quota_package" {
			t.Fatal(got)
		}
	}
	for i := range 2 {
		c.time = c.time.Add(time.Minute)
		if got := admit(l, 1, 1, 1); got != "" {
			t.Fatalf("%d: %s", i, got)
		}
	}
	c.time = c.time.Add(time.Minute)
	if got := admit(l, 1, 1, 1); got != "quota_user" {
		t.Fatal(got)
	}
}

func TestDenialsHelp(t *testing.T) {
	l, c := newLimiter(t, Config{PerUser: Rate{N: 60, Per: time.Hour, Burst: 2}, ConcurrentPerUser: 1})
	ask := Ask{User: sui.Address{1}, IDs: ids(2)}
	done, d := l.Admit(ask)
	if d != nil {
		t.Fatal(d)
	}
	if _, d := l.Admit(ask); d == nil || d.Code != "busy_user" || d.After != time.Second {
		t.Errorf("%+v", d)
	}
	done(true)
	done(true) // a second time does no harm
	_, d = l.Admit(ask)
	if d == nil || d.Error() != "you may ask for 60 keys per 1 h, 2 at once; try again in 2 min" || d.After != 2*time.Minute {
		t.Errorf("%+v", d)
	}
	c.time = c.time.Add(2*time.Minute - time.Nanosecond)
	if _, d := l.Admit(ask); d == nil {
		t.Error("let in a nanosecond early")
	}
	c.time = c.time.Add(time.Nanosecond)
	if done, d := l.Admit(ask); d != nil {
		t.Error(d)
	} else {
		done(true)
	}
	ask.IDs = ids(3)
	if _, d := l.Admit(ask); d == nil || d.After != 0 || d.Remedy != "ask for at most 2 at once instead of 3" {
		t.Errorf("%+v", d)
	}
}

func TestConcurrentPerUser(t *testing.T) {
	l, _ := newLimiter(t, Config{ConcurrentPerUser: 3})
	var wait sync.WaitGroup
	var mu sync.Mutex
	in, most := 0, 0
	for range 50 {
		wait.Go(func() {
			for range 200 {
				done, d := l.Admit(Ask{User: sui.Address{1}})
				if d != nil {
					continue
				}
				mu.Lock()
				in++
				most = max(most, in)
				mu.Unlock()
				mu.Lock()
				in--
				mu.Unlock()
				done(true)
			}
		})
	}
	wait.Wait()
	if most > 3 || most == 0 {
		t.Errorf("%d at a time, want at most 3", most)
	}
	if len(l.busy.n) != 0 {
		t.Errorf("%d users are remembered that ask for nothing", len(l.busy.n))
	}
}

func TestServiceAccountsHaveTheirOwnQuota(t *testing.T) {
	l, _ := newLimiter(t, Config{PerUser: Rate{N: 1, Per: time.Hour, Burst: 1}})
	ask := Ask{User: sui.Address{1}, IDs: ids(5), Account: "ci", AccountRate: Rate{N: 10, Per: time.Hour, Burst: 10}}
	for i, want := range []string{"", "", "quota_account"} {
		done, d := l.Admit(ask)
		if d == nil {
			done(true)
		}
		if (d == nil) != (want == "") || d != nil && d.Code != want {
			t.Errorf("%d: %v, want %q", i, d, want)
		}
	}
	if got := admit(l, 1, 1, 1); got != "" {
		t.Errorf("the wallet of the same address: %s", got)
	}
}

func TestUpdate(t *testing.T) {
	l, _ := newLimiter(t, Config{})
	for range 100 {
		if got := admit(l, 1, 1, 100); got != "" {
			t.Fatal(got)
		}
	}
	if err := l.Update(Config{PerUser: Rate{N: 1, Per: time.Hour, Burst: 1}}); err != nil {
		t.Fatal(err)
	}
	if a, b := admit(l, 1, 1, 1), admit(l, 1, 1, 1); a != "" || b != "quota_user" {
		t.Errorf("%q, %q", a, b)
	}
	if err := l.Update(Config{PerUser: Rate{N: 1}}); err == nil {
		t.Error("a bad configuration is taken")
	}
	if got := admit(l, 1, 1, 1); got != "quota_user" {
		t.Errorf("after a bad configuration: %q", got)
	}
	var none *Limiter
	if got := admit(none, 1, 1, 1); got != "" || none.Knock(netip.MustParseAddr("10.0.0.1")) != nil {
		t.Error("no limiter limits")
	}
}

// A clock that jumps ahead and back locks nobody out for longer than an empty
// bucket takes.
func TestClockJumps(t *testing.T) {
	l, c := newLimiter(t, Config{PerUser: Rate{N: 60, Per: time.Minute, Burst: 2}})
	c.time = start.Add(1000 * time.Hour)
	admit(l, 1, 1, 2)
	c.time = start
	if got := admit(l, 1, 1, 1); got != "quota_user" {
		t.Errorf("%q", got)
	}
	c.time = start.Add(2 * time.Second)
	if got := admit(l, 1, 1, 1); got != "" {
		t.Errorf("two seconds later: %q", got)
	}
}

// Memory stays bounded, and a flood of users does not give back what a heavy
// one used up.
func TestFloodOfUsers(t *testing.T) {
	r := Rate{N: 60, Per: time.Hour, Burst: 100}
	b, now := newBuckets(), start
	heavy := hashKey([]byte("heavy"))
	if _, ok := b.take(heavy, 100, r, now); !ok {
		t.Fatal("not let in")
	}
	for i := range 3 * maxBuckets {
		if _, ok := b.take(hashKey(binary.BigEndian.AppendUint64(nil, uint64(i))), 1, r, now); !ok {
			t.Fatal("a new user is not let in")
		}
	}
	n := 0
	for i := range b.shards {
		n += len(b.shards[i].full)
	}
	if n > maxBuckets {
		t.Errorf("%d buckets, want at most %d", n, maxBuckets)
	}
	if _, ok := b.take(heavy, 1, r, now); ok {
		t.Error("a flood of others filled the bucket")
	}
	// Once they are full again, buckets are dropped all at once.
	now = now.Add(3 * time.Hour)
	for i := range maxBuckets / 4 {
		b.take(hashKey(binary.BigEndian.AppendUint64([]byte{1}, uint64(i))), 1, r, now)
	}
	n = 0
	for i := range b.shards {
		n += len(b.shards[i].full)
	}
	if n > maxBuckets/2 {
		t.Errorf("%d buckets are left of users who could ask again", n)
	}
}

func TestKnock(t *testing.T) {
	l, c := newLimiter(t, Config{PerAddress: Rate{N: 60, Per: time.Minute, Burst: 2}})
	for i, step := range []struct {
		from string
		want bool
	}{
		{"192.0.2.1", true}, {"::ffff:192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true},
		{"2001:db8:1:2::1", true}, {"2001:db8:1:2:ffff::9", true}, {"2001:db8:1:2::3", false}, {"2001:db8:1:3::1", true},
		{"fe80::1%eth0", true}, {"fe80::1%eth1", true}, {"fe80::1%eth2", false},
	} {
		if d := l.Knock(netip.MustParseAddr(step.from)); (d == nil) != step.want {
			t.Errorf("%d %s: %v", i, step.from, d)
		}
	}
	if d := l.Knock(netip.Addr{}); d != nil {
		t.Errorf("an address that is not known: %v", d)
	}
	c.time = c.time.Add(time.Second)
	if d := l.Knock(netip.MustParseAddr("192.0.2.1")); d != nil {
		t.Errorf("a second later: %v", d)
	}
}

func TestClientAddress(t *testing.T) {
	p := Proxy{Header: "X-Forwarded-For", Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for _, c := range []struct {
		name, remote, header, want string
		proxy                      Proxy
	}{
		{"no proxy is trusted", "10.0.0.1:9", "192.0.2.1", "10.0.0.1", Proxy{}},
		{"connected itself", "192.0.2.7:9", "", "192.0.2.7", p},
		{"claims to be somebody else", "192.0.2.7:9", "192.0.2.1", "192.0.2.7", p},
		{"by a proxy", "10.0.0.1:9", "192.0.2.1", "192.0.2.1", p},
		{"by two", "10.0.0.1:9", "192.0.2.1, 10.0.0.2", "192.0.2.1", p},
		{"by a proxy, with a lie before it", "10.0.0.1:9", "1.2.3.4, 192.0.2.1", "192.0.2.1", p},
		{"a lie in the name of a proxy", "10.0.0.1:9", "10.9.9.9, 192.0.2.1", "192.0.2.1", p},
		{"IPv6", "[fd00::1]:9", "2001:db8::5", "2001:db8::5", p},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:9", "::ffff:192.0.2.1", "192.0.2.1", p},
		{"garbage", "10.0.0.1:9", "192.0.2.1, unknown", "10.0.0.1", p},
		{"nothing", "10.0.0.1:9", "", "10.0.0.1", p},
		{"a socket without an address", "@", "192.0.2.1", "invalid IP", p},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		if got := c.proxy.ClientAddress(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	r := &http.Request{RemoteAddr: "10.0.0.1:9", Header: http.Header{"X-Forwarded-For": {"1.2.3.4", "192.0.2.1"}}}
	if got := p.ClientAddress(r).String(); got != "192.0.2.1" {
		t.Errorf("two headers: %s", got)
	}
	for _, bad := range []Proxy{{Header: "X"}, {Trusted: p.Trusted}, {Header: "X", Trusted: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}} {
		if bad.Check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestCheck(t *testing.T) {
	good := OpenLimit{Package: sui.Address{1}, Per: PerIdentity, Max: 1}
	for name, c := range map[string]Config{
		"no time":           {PerUser: Rate{N: 1, Burst: 1}},
		"no burst":          {PerKey: Rate{N: 1, Per: time.Second}},
		"negative":          {PerPackage: Rate{N: -1, Per: time.Second, Burst: 1}},
		"too many":          {PerAddress: Rate{N: MaxBurst + 1, Per: time.Second, Burst: 1}},
		"too long":          {PerAddress: Rate{N: 1, Per: 25 * time.Hour, Burst: 1}},
		"negative users":    {ConcurrentPerUser: -1},
		"no package":        {Opens: []OpenLimit{{Per: PerIdentity, Max: 1}}},
		"no scope":          {Opens: []OpenLimit{{Package: sui.Address{1}, Max: 1}}},
		"no maximum":        {Opens: []OpenLimit{{Package: sui.Address{1}, Per: PerPolicy}}},
		"a short period":    {Opens: []OpenLimit{{Package: sui.Address{1}, Per: PerPolicy, Max: 1, Period: 1}}},
		"policy of package": {Opens: []OpenLimit{{Package: sui.Address{1}, Policy: sui.Address{2}, Per: PerPackage, Max: 1}}},
		"versions of what":  {Versions: []VersionLimit{{Oldest: 2}}},
		"every version":     {Versions: []VersionLimit{{Package: sui.Address{1}, Oldest: 1}}},
		"versions twice":    {Versions: []VersionLimit{{sui.Address{1}, 2}, {sui.Address{2}, 2}, {sui.Address{1}, 3}}},
		"twice":             {Opens: []OpenLimit{good, {Package: good.Package, Per: good.Per, Max: 5}}},
	} {
		if err := c.Check(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	whole := Config{PerUser: Rate{1, time.Second, 1}, PerAddress: Rate{MaxBurst, 24 * time.Hour, MaxBurst}, Opens: []OpenLimit{good, {Package: sui.Address{1}, Per: PerPackage, Max: 9, Period: time.Hour}}}
	if err := whole.Check(); err != nil {
		t.Error(err)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Nanosecond: "1 s", 59 * time.Second: "59 s", time.Minute: "1 min", 90 * time.Second: "1 min 30 s",
		24 * time.Hour: "1 d", 25*time.Hour + 61*time.Second: "1 d 1 h 1 min 1 s",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	if s := Span(time.Hour); strings.Contains(s, "60") {
		t.Error(s)
	}
}

func BenchmarkAdmit(b *testing.B) {
	r := Rate{N: MaxBurst, Per: time.Second, Burst: MaxBurst}
	l, err := New(Config{PerUser: r, PerPackage: r, PerKey: r, ConcurrentPerUser: 1000}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	users := make([]sui.Address, 1<<20) // more than are remembered
	for i := range users {
		users[i] = hashKey(binary.BigEndian.AppendUint64(nil, uint64(i)))
	}
	one := ids(1)
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(len(users)); pb.Next(); i++ {
			if done, d := l.Admit(Ask{User: users[i%len(users)], Package: sui.Address{1}, IDs: one}); d == nil {
				done(true)
			}
		}
	})
}

func BenchmarkDeny(b *testing.B) {
	l, err := New(Config{PerUser: Rate{N: 1, Per: time.Hour, Burst: 1}}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	one := ids(1)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if done, d := l.Admit(Ask{User: sui.Address{1}, IDs: one}); d == nil {
				done(true)
			}
		}
	})
}

func BenchmarkKnock(b *testing.B) {
	l, err := New(Config{PerAddress: Rate{N: 1, Per: time.Hour, Burst: 1}}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	from := netip.MustParseAddr("192.0.2.1")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Knock(from)
		}
	})
}

// A rate that passes Check lets its burst through, and no more.
func TestRatesDoNotOverflow(t *testing.T) {
	for _, r := range []Rate{{N: 1, Per: 24 * time.Hour, Burst: MaxBurst}, {N: 1, Per: 24 * time.Hour, Burst: 30_000}, {N: MaxBurst, Per: time.Second, Burst: MaxBurst}, {N: 1, Per: time.Second, Burst: MaxBurst}} {
		if r.Check() != nil {
			continue
		}
		b := NewBuckets(r, func() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) })
		for _, n := range []int{1, r.Burst - 1} {
			if _, ok := b.Take(sui.Address{}, n); !ok {
				t.Errorf("%+v: %d of its burst are refused", r, n)
			}
		}
		if _, ok := b.Take(sui.Address{}, 1); ok {
			t.Errorf("%+v: more than its burst is let in", r)
		}
	}
}
