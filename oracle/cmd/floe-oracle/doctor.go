package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func newDoctor() *cobra.Command {
	var as role
	var url string
	var e examiner
	var quick, asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor --config FILE",
		Short: "Find out what is wrong with a key server or aggregator, and say how to mend it",
		Long: `Looks at everything that an operator can get wrong. Of a key server: the
configuration, the modes of files, the keys against those on chain, the full nodes
and what they serve, each option of evaluation with each node, the clock, disk and
journal, the log and its witnesses, the anchor's gas, the ports, and the server's
address as clients see it.

Of an aggregator: the configuration, the full node, the committee on chain, each
member at its address (TLS, API key, version, and the key that it serves with),
whether enough of them are there, the clocks, the ports, and with --url the address
that clients know.

Changes nothing; the server may run meanwhile. Run it as the server's user, on its
machine. Which of both a configuration is for is found by its keys, or said by --for.

Each line is ok, WARN or FAIL, with what to do about it. No secret is printed.
Exit code 1 if anything fails. --quick leaves out what takes as long as the
journal: trying whether receipts and log are whole.`,
		Example: `  floe-oracle doctor --config oracle.yaml
  floe-oracle doctor --config oracle.yaml --json | jq '.findings[] | select(.level != "ok")'
  floe-oracle doctor --config aggregator.yaml --url https://committee.example.org`,
		Args: noArguments,
	}
	withPath(cmd, func(cmd *cobra.Command, _ []string, path string) error {
		p, known := recognise(as, path)
		if p == aggregator {
			e.examineAggregator(cmd.Context(), path, url)
		} else {
			if url != "" {
				return usageError{errors.New("flag --url is for aggregators: the address of a key server is on chain")}
			}
			(&doctor{examiner: &e, quick: quick, progress: slowly(cmd.ErrOrStderr(), time.Now)}).examine(cmd.Context(), path, known)
		}
		return e.report(cmd.OutOrStdout(), asJSON)
	})
	forFlag(cmd, &as)
	cmd.Flags().BoolVar(&quick, "quick", false, "do not read the whole journal")
	cmd.Flags().StringVar(&url, "url", "", "of an aggregator: the address at which clients reach it")
	cmd.Flags().DurationVar(&e.patience, "timeout", 10*time.Second, "how long to wait for each answer of others")
	jsonFlag(cmd.Flags(), &asJSON)
	return cmd
}

// A level says how bad a finding is.
type level string

const (
	fine level = "ok"
	warn level = "warn" // works, but not as it should
	fail level = "fail" // requests are or will be refused, or receipts are at risk
)

// A finding is what one look gave.
type finding struct {
	Check   string `json:"check"`             // stable, for machines
	Service string `json:"service,omitempty"` // name of the client's service, "" also for the one at the root; of an aggregator, of the member
	Level   level  `json:"level"`
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy,omitempty"` // "" if all is well
}

// An examiner looks at things and notes what it finds.
type examiner struct {
	patience time.Duration // with others

	chain    *suirpc.Client // a full node that answers; nil if there is none
	service  string         // the name of the one that is examined
	findings []finding
}

func (e *examiner) ok(check, format string, args ...any) {
	e.findings = append(e.findings, finding{check, e.service, fine, fmt.Sprintf(format, args...), ""})
}

// bad notes what is wrong; the remedy says what to do.
func (e *examiner) bad(l level, check, remedy, format string, args ...any) {
	e.findings = append(e.findings, finding{check, e.service, l, fmt.Sprintf(format, args...), remedy})
}

// failed counts what fails.
func (e *examiner) failed() (n int) {
	for _, f := range e.findings {
		if f.Level == fail {
			n++
		}
	}
	return n
}

func (e *examiner) report(w io.Writer, asJSON bool) error {
	n := e.failed()
	if err := report(w, asJSON, &diagnosed{n == 0, e.findings}); err != nil {
		return err
	}
	switch n {
	case 0:
		return nil
	case 1:
		return errors.New("1 check failed")
	}
	return fmt.Errorf("%d checks failed", n)
}

// diagnosed is what doctor tells.
type diagnosed struct {
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
}

func (d *diagnosed) tell(w io.Writer) {
	show := map[level]string{fine: "ok  ", warn: "WARN", fail: "FAIL"}
	for _, f := range d.Findings {
		name := f.Check
		if f.Service != "" {
			name = f.Service + "/" + name
		}
		fmt.Fprintf(w, "%s  %-14s %s\n", show[f.Level], name, f.Detail)
		if f.Remedy != "" {
			fmt.Fprintf(w, "      %-14s -> %s\n", "", f.Remedy)
		}
	}
}
