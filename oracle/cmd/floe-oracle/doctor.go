package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

func newDoctor() *cobra.Command {
	var path string
	var d doctor
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor --config FILE",
		Short: "Find out what is wrong with a key server, and say how to mend it",
		Long: `Looks at everything that an operator can get wrong: the configuration, the modes
of files, the keys against those on chain, the full nodes and what they serve,
the clock, disk and journal, the log and its witnesses, the anchor's gas, the
ports, and the server's address as clients see it. Changes nothing; the server
may run meanwhile. Run it as the server's user, on its machine.

Each line is ok, WARN or FAIL, with what to do about it. No secret is printed.
Exit code 1 if anything fails. --quick leaves out what takes as long as the
journal: trying whether receipts and log are whole.`,
		Example: "  floe-oracle doctor --config oracle.yaml\n  floe-oracle doctor --config oracle.yaml --json | jq '.findings[] | select(.level != \"ok\")'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "config"); err != nil {
				return err
			}
			d.examine(cmd.Context(), path)
			return d.report(cmd.OutOrStdout(), asJSON)
		},
	}
	cmd.Flags().StringVar(&path, "config", "", "configuration file")
	cmd.Flags().BoolVar(&d.quick, "quick", false, "do not read the whole journal")
	cmd.Flags().DurationVar(&d.patience, "timeout", 10*time.Second, "how long to wait for each answer of others")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
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
	Service string `json:"service,omitempty"` // name of the service, "" also for the one at the root
	Level   level  `json:"level"`
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy,omitempty"` // "" if all is well
}

// A doctor examines a key server.
type doctor struct {
	quick    bool
	patience time.Duration

	cfg      *config
	secrets  *secrets // nil if they cannot be read
	chain    *suirpc.Client
	services []keyserver.ServiceConfig
	service  string // the name of the one that is examined
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{check, d.service, fine, fmt.Sprintf(format, args...), ""})
}

// bad notes what is wrong; the remedy says what to do.
func (d *doctor) bad(l level, check, remedy, format string, args ...any) {
	d.findings = append(d.findings, finding{check, d.service, l, fmt.Sprintf(format, args...), remedy})
}

// examine looks at everything that can be looked at.
func (d *doctor) examine(ctx context.Context, path string) {
	var err error
	if d.cfg, err = readConfig(path); err != nil {
		d.bad(fail, "config", "mend the file; floe-oracle serve --help lists the keys", "%v", err)
		return
	}
	d.ok("config", "a server in mode %s", d.cfg.ServerMode)
	d.checkFiles()
	d.checkKeys(ctx)
	d.checkClock()
	d.checkNodes(ctx)
	if d.chain != nil {
		defer d.chain.Close()
		d.checkEvaluation(ctx)
		d.openServices(ctx)
	}
	running := d.checkJournals()
	d.checkPorts(running)
	for _, svc := range d.services {
		d.service = svc.Name
		d.checkRegistration(ctx, svc)
		d.checkReceipts(ctx, svc)
	}
	d.service = ""
	d.checkWitnesses(ctx)
	d.checkAnchor(ctx)
}

// openServices works out which services there are, and reads their keys.
func (d *doctor) openServices(ctx context.Context) {
	if d.secrets == nil {
		return
	}
	log := slog.New(slog.DiscardHandler)
	if d.cfg.ServerMode.Committee != nil {
		svc, source, err := d.cfg.memberService(ctx, d.secrets, d.chain, log)
		if err == nil {
			_, err = source.Current()
		}
		if err != nil {
			d.bad(fail, "share", "put the share that floe-oracle dkg or rotate wrote where master_shares says", "%v", err)
			return
		}
		version, _ := source.Version()
		d.ok("share", "the share of version %d is the one that the chain shows", version)
		d.services = []keyserver.ServiceConfig{svc}
		return
	}
	services, err := d.cfg.services(ctx, d.secrets)
	if err != nil {
		d.bad(fail, "keys", "put the keys where the configuration says", "%v", err)
		return
	}
	for i := range services {
		services[i].Issuer = services[i].ObjectID
	}
	d.services = services
}

// client asks others over HTTP, with patience.
func (d *doctor) client() *http.Client { return &http.Client{Timeout: d.patience} }

func (d *doctor) report(w io.Writer, asJSON bool) error {
	var failed int
	for _, f := range d.findings {
		if f.Level == fail {
			failed++
		}
	}
	if asJSON {
		if err := json.NewEncoder(w).Encode(map[string]any{"ok": failed == 0, "findings": d.findings}); err != nil {
			return err
		}
	} else {
		d.print(w)
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}

func (d *doctor) print(w io.Writer) {
	show := map[level]string{fine: "ok  ", warn: "WARN", fail: "FAIL"}
	for _, f := range d.findings {
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
