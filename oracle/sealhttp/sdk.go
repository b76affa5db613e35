package sealhttp

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/floe-data/floe/oracle/metrics"
	"github.com/floe-data/floe/sdk/seal"
)

// A Requirement is which versions of a program are served, in the words of
// Cargo: ">=0.4.5", "0.10" for everything compatible with it, several with
// commas between. A pre-release meets it only if it names one.
type Requirement struct{ c *semver.Constraints }

// ParseRequirement reads a Requirement.
func ParseRequirement(text string) (Requirement, error) {
	parts := strings.Split(text, ",")
	for i, p := range parts {
		// A bare version is a caret requirement there, an exact one here.
		if p = strings.TrimSpace(p); p != "" && p[0] >= '0' && p[0] <= '9' && !strings.Contains(p, "*") {
			parts[i] = "^" + p
		}
	}
	c, err := semver.NewConstraint(strings.Join(parts, ","))
	if err != nil || strings.Contains(text, "|") {
		return Requirement{}, fmt.Errorf("version requirement %q: write it as \">=0.4.5\"", text)
	}
	return Requirement{c}, nil
}

// MustRequire is [ParseRequirement] of a constant.
func MustRequire(text string) Requirement {
	r, err := ParseRequirement(text)
	if err != nil {
		panic("sealhttp: " + err.Error())
	}
	return r
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Requirement) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRequirement(string(text))
	return err
}

// Met tells whether a version, three numbers, meets the requirement.
func (r Requirement) Met(version string) bool {
	v, err := semver.StrictNewVersion(version)
	return err == nil && (r.c == nil || r.c.Check(v))
}

// Requirements are the requirements by type of client, as the header
// Client-Sdk-Type names it.
type Requirements struct {
	Of map[string]Requirement
	// Only refuses types that are not in Of. Otherwise they are served in any
	// version.
	Only bool
}

// Demand checks the headers of a request before next sees it.
func (q *Requirements) Demand(m *metrics.Metrics, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m.Client(r.Header.Get(seal.HeaderSDKType), r.Header.Get(seal.HeaderSDKVersion))
		if ref := q.Check(r.Header); ref != nil {
			ref.Write(w)
			return
		}
		next(w, r)
	}
}

// Check checks the headers of a request.
func (q *Requirements) Check(h http.Header) *Refusal {
	version := h.Get(seal.HeaderSDKVersion)
	if version == "" {
		return &Refusal{Type: "MissingRequiredHeader", Message: "Missing required header: " + seal.HeaderSDKVersion}
	}
	if _, err := semver.StrictNewVersion(version); err != nil {
		return Plainly("InvalidSDKVersion")
	}
	want, ok := q.Of[h.Get(seal.HeaderSDKType)]
	switch {
	case !ok && q.Only:
		return Plainly("InvalidSDKType")
	case ok && !want.Met(version):
		return Plainly("DeprecatedSDKVersion")
	}
	return nil
}
