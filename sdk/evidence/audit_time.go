package evidence

import (
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// MaxClockDifference is how far the time of a receipt may be from the time that
// its evaluation was told; see [Replayer.ManualClock].
const MaxClockDifference = time.Minute

// MaxStaleness is the age of the chain's state up to which an audit takes it for
// fresh, whatever the server allowed. Key servers allow two minutes, unless their
// operators say otherwise.
const MaxStaleness = time.Hour

// time demands that the staleness check was made with the time of the decision: told
// an earlier time, it lets a chain pass that stands still.
func (a *audit) time() error {
	at := time.UnixMilli(a.receipt.TimeMS)
	if a.receipt.IssuedAt == nil || a.receipt.IssuedAt.Unix() != at.Unix() {
		return errors.New("iat and time_ms of the receipt are different times")
	}
	told, what := a.request.now, func() string {
		return fmt.Sprintf("the evaluation was told %s, the receipt is of %s", a.request.now.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339))
	}
	ofChain := near(told, a.chainTime())
	switch {
	case a.manual && !ofChain:
		return fmt.Errorf("%s; with a clock that is moved by hand it is told the chain's, which was %s", what(), a.chainTime().UTC().Format(time.RFC3339))
	case a.manual || near(told, at):
		return nil
	case ofChain:
		return fmt.Errorf("%s: it was told the chain's own time, by which no chain is ever stale. Only a development network whose clock is moved by hand does that; "+
			"if this is one, say so: floe replay --manual-clock", what())
	}
	return errors.New(what())
}

func near(a, b time.Time) bool { return a.Sub(b).Abs() <= MaxClockDifference }

func (a *audit) timeText() string {
	if a.manual {
		return "the evaluation was told the chain's own time, as by a clock that is moved by hand; whether the chain was stale then, it could not tell"
	}
	return "the evaluation was told the receipt's time"
}

// chainTime is that of the Clock that the evaluation read, which the staleness check
// takes; zero if it is not among the evidence.
func (a *audit) chainTime() time.Time {
	o := a.evidence.object(sui.ClockID)
	if o == nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(clockTime(o)))
}

// fresh demands that what got past the staleness check was not stale. The check is
// code of a package that the server chose, which may say anything.
func (a *audit) fresh() error {
	switch o := a.manifest.Outcome; {
	case o.Verdict == Allowed, o.Verdict == Failed && o.Failure.Command != 0 && o.Failure.Command != NoCommand:
		return checkAge(a.request.now.Sub(a.chainTime()), a.request.staleness)
	}
	return nil // nothing was asked of the policy
}

func checkAge(age, allowed time.Duration) error {
	switch {
	case age > allowed:
		return fmt.Errorf("the chain's clock was %v behind, and the staleness check let it pass, which allows %v: is its package what it should be?", age, allowed)
	case age > MaxStaleness:
		return fmt.Errorf("the chain's clock was %v behind: the server allows that, and no audit can", age)
	}
	return nil
}
