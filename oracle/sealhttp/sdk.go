package sealhttp

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
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

// String gives the requirement as it was written, with other blanks.
func (r Requirement) String() string {
	if r.c == nil {
		return "*"
	}
	return r.c.String()
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
		return Refuse("MissingRequiredHeader", "sdk_version_missing", seal.HeaderSDKVersion, "send the version of your program in it, such as 1.2.3")
	}
	if _, err := semver.StrictNewVersion(version); err != nil {
		return Refuse("InvalidSDKVersion", "sdk_version_invalid", seal.HeaderSDKVersion+" is not three numbers", "send the version of your program in it, such as 1.2.3")
	}
	want, ok := q.Of[h.Get(seal.HeaderSDKType)]
	switch {
	case !ok && q.Only:
		return Refuse("InvalidSDKType", "sdk_type_unknown", "this server serves some programs only, and yours is none of them", "use one of: "+strings.Join(slices.Sorted(maps.Keys(q.Of)), ", "))
	case ok && !want.Met(version):
		return Refuse("DeprecatedSDKVersion", "sdk_deprecated", fmt.Sprintf("version %s is not served", version), "install a version "+want.String())
	}
	return nil
}
