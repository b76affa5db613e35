package evidence

import (
	"strings"
	"testing"
	"time"
)

// A stale chain is found, whatever the package of the staleness check says of it.
func TestCheckAge(t *testing.T) {
	for _, c := range []struct {
		age, allowed time.Duration
		want         string
	}{
		{time.Second, 2 * time.Minute, ""},
		{-time.Hour, 2 * time.Minute, ""}, // the other direction is the server's clock
		{2 * time.Minute, 2 * time.Minute, ""},
		{2*time.Minute + 1, 2 * time.Minute, "let it pass"},
		{time.Hour, 2 * time.Hour, ""},
		{time.Hour + 1, 2 * time.Hour, "no audit can"},
		{time.Second, -1, "let it pass"}, // more than a duration holds
	} {
		if err := checkAge(c.age, c.allowed); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of %v: %v", c.age, c.allowed, err)
		}
	}
}
