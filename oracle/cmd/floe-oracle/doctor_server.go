package main

import (
	"context"
	"log/slog"

	"github.com/floe-data/floe/oracle/keyserver"
)

// A doctor examines a key server.
type doctor struct {
	*examiner
	quick    bool
	progress func(what string, done, total uint64)

	cfg      *config
	secrets  *secrets // nil if they cannot be read
	nodes    []fullNode
	services []keyserver.ServiceConfig
}

// examine looks at everything that can be looked at.
func (d *doctor) examine(ctx context.Context, path string, known bool) {
	var err error
	if d.cfg, err = readConfig(path); err != nil {
		d.bad(fail, "config", "mend the file; floe-oracle serve --help lists the keys", "%v", unsure(known, err))
		return
	}
	d.ok("config", "a server in mode %s", d.cfg.ServerMode)
	d.checkFiles()
	d.checkKeys(ctx)
	d.checkClock()
	d.checkNodes(ctx)
	defer func() {
		for _, n := range d.nodes {
			n.client.Close()
		}
	}()
	if d.chain != nil {
		d.checkEvaluation(ctx)
		d.openServices(ctx)
	}
	running := d.checkJournals()
	d.checkPorts(d.cfg.Listen, &d.cfg.operationsConfig, running)
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
