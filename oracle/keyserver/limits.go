package keyserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/floe-data/floe/oracle/limits"
	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// knocking is a handler of requests that cost the server much, or the full node, and
// are none for keys: their network address is counted first.
func (s *Server) knocking(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if ref := s.knock(r); ref != nil {
			writeRefusal(w, ref)
			return
		}
		next(w, r)
	}
}

// knock counts a request of a network address before it is read.
func (s *Server) knock(r *http.Request) *refusal {
	return s.denied(s.cfg.Limits.Knock(s.cfg.Proxy.ClientAddress(r)))
}

// enterLane has a request wait for its turn if its session key is not known.
func (s *Server) enterLane(ctx context.Context, r *request) (turn, *refusal) {
	t, d, err := s.lane.enter(ctx, &r.Certificate)
	if err != nil {
		return t, wentAway()
	}
	return t, s.denied(d)
}

// admit counts an authenticated request. What is refused here leaves no
// receipt: it says nothing about the policy, and a flood would fill the disk.
func (s *Server) admit(who *requester, known bool) (leave func(given bool), ref *refusal) {
	ask := limits.Ask{User: who.user, Package: who.pkg.First, Known: known}
	for _, call := range who.Approval.Calls {
		ask.IDs = append(ask.IDs, call.ID)
	}
	if who.account != nil {
		ask.Account, ask.AccountRate = who.account.Name(), who.account.Quota
	}
	leave, d := s.cfg.Limits.Admit(ask)
	return leave, s.denied(d)
}

func (s *Server) denied(d *limits.Denial) *refusal { return s.cfg.denied(d) }

// denied translates a denial, and counts it.
func (c *Config) denied(d *limits.Denial) *refusal {
	if d == nil {
		return nil
	}
	c.Metrics.QuotaRefused(strings.TrimPrefix(d.Code, "quota_"))
	ref := refuse("TooManyRequests", d.Code, d.Rule, d.Remedy)
	ref.RetryAfter = d.After
	return ref
}

// checkVersion refuses calls of versions of a package that are switched off
// here. Of a package whose version is not known, all are.
func (s *Server) checkVersion(p policy.Package) *refusal {
	oldest := s.cfg.Limits.OldestVersion(p.First)
	if p.Version >= oldest {
		return nil
	}
	return refuse("InvalidPackage", "package_version_old", fmt.Sprintf("version %d of package %s is not served any more, version %d is the oldest that is", p.Version, p.First, oldest),
		"call the policy in the newest version of the package")
}

// busy refuses a request because too many others are worked on.
func (s *Server) busy() *refusal {
	return s.denied(&limits.Denial{Code: "busy", Rule: fmt.Sprintf("the key server works on %d requests, as many as it can", cap(s.slots)),
		Remedy: "try again in 1 s", After: time.Second})
}

// checkOpens refuses a release that the user has used up. The journal asks
// again when it stores the receipt; this saves the work until then.
func (s *Service) checkOpens(c *receipt.Claims, o receipt.Opening) *refusal {
	if opens := s.opens.Load(); opens != nil {
		return opensRefusal(opens.Check(c, o.Requester, s.shared.Now()))
	}
	return nil
}

// policyRate is how many policies of a package may get their first receipt by
// releases, and as many by refusals: each is remembered for ever, in some hundred
// bytes, and a request names up to a hundred objects for nothing.
var policyRate = limits.Rate{N: 50, Per: time.Second, Burst: 20_000}

// checkPolicies refuses what would be the first receipt of too many policies. Who is
// refused by a policy takes nothing from those who are not.
func (s *Service) checkPolicies(who *requester, d receipt.Decision) *refusal {
	n := s.journal.Unknown(who.policies())
	if n == 0 {
		return nil
	}
	var pkg sui.Address // zero for all those that nobody has seen
	if who.pkg.Version > 0 {
		pkg = who.pkg.First
	}
	first := s.firstReleases
	if d == receipt.Refuse {
		first = s.firstRefusals
	}
	if wait, ok := first.Take(pkg, n); !ok {
		wait = max(wait, time.Second)
		return s.shared.denied(&limits.Denial{Code: "busy_policies", After: wait, Remedy: "try again in " + limits.Span(wait),
			Rule: "too many policies of this package are asked for the first time"})
	}
	return nil
}

// opensRefusal translates what limits.Opens says, nil for other errors.
func opensRefusal(err error) *refusal {
	var e *limits.Exhausted
	switch {
	case errors.As(err, &e) && e.Again.IsZero():
		return refuse("NoAccess", "opens_exhausted", e.Error(), "this key server gives you this no more; ask the owner of the data")
	case errors.As(err, &e):
		return refuse("NoAccess", "opens_exhausted", e.Error(), "it opens again at "+untilSecond(e.Again))
	case errors.Is(err, limits.ErrFull):
		ref := refuse("Failure", "opens_full", "the key server has no room left to count who was given which key, and this key may be given a number of times only",
			"tell the operator of the key server")
		ref.Cause = err
		return ref
	}
	return nil
}

// untilSecond prints a time in UTC, to the minute if that is exact, or else to
// the next second.
func untilSecond(t time.Time) string {
	t = t.Add(time.Second - time.Nanosecond).Truncate(time.Second).UTC()
	if t.Second() == 0 {
		return t.Format("2006-01-02 15:04 UTC")
	}
	return t.Format("2006-01-02 15:04:05 UTC")
}

// newOpens returns the count of releases for a service, nil if nothing has to
// be counted.
func newOpens(c limits.Config) *limits.Opens {
	if len(c.Opens) == 0 {
		return nil
	}
	return limits.NewOpens(c.Opens)
}

// UpdateLimits puts other limits into force. If limits on opens changed, the
// journals are read again to count; keys are given out meanwhile, by the limits
// of before.
func (s *Server) UpdateLimits(cfg limits.Config) error {
	s.services.changing.Lock() // no service comes or goes
	defer s.services.changing.Unlock()
	if err := cfg.Check(); err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	if !reflect.DeepEqual(s.cfg.Limits.Config().Opens, cfg.Opens) {
		for _, svc := range s.services.all() {
			if err := svc.limitOpens(newOpens(cfg)); err != nil {
				return fmt.Errorf("set limits of %s: %w", svc.cfg.ObjectID, err)
			}
		}
	}
	return s.cfg.Limits.Update(cfg) // last, so that what failed is tried again
}

func (s *Service) limitOpens(o *limits.Opens) (err error) {
	if o == nil { // an interface with a nil pointer in it is not nil
		err = s.journal.SetLedger(nil)
	} else {
		err = s.journal.SetLedger(o)
	}
	if err == nil {
		s.opens.Store(o)
	}
	return err
}
