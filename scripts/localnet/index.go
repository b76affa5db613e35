package localnet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/floe-data/floe/indexer"
	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/indexer/postgres"
	"github.com/floe-data/floe/sdk/sui"
)

// startPostgres runs the index's own PostgreSQL, or takes the one that
// FLOE_DATABASE_URL names.
func (n *Net) startPostgres(ctx context.Context) (err error) {
	dir := filepath.Join(n.cfg.Dir, "postgres")
	if n.cfg.Temporary {
		dir = "" // a server of its own that removes itself
	}
	n.postgres, err = postgres.Start(ctx, postgres.Config{Dir: dir})
	if err != nil {
		return err
	}
	n.onClose(n.postgres.Close)
	n.DatabaseURL = n.postgres.URL()
	if os.Getenv(postgres.EnvURL) == "" {
		return nil
	}
	return reachDatabase(ctx, n.DatabaseURL)
}

// reachDatabase connects once, so that a wrong URL is told now and not after
// the indexer's patience.
func reachDatabase(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	db, err := pgx.Connect(ctx, url) // its errors hide the password
	if err != nil {
		return fmt.Errorf("connect to the database that %s names: %w; mend the URL or start that server, or unset %s to get a private one", postgres.EnvURL, err, postgres.EnvURL)
	}
	return db.Close(ctx)
}

// startIndexer mirrors the contracts and the key servers' receipts, and serves
// the index.
func (n *Net) startIndexer(ctx context.Context) error {
	ids := func(name string) []sui.Address { return []sui.Address{n.Network.Packages[name].Original} }
	var servers []sui.Address
	for _, k := range n.KeyServers {
		servers = append(servers, k.Object)
	}
	if n.Committee != nil { // its members are on this machine
		servers = append(servers, n.Committee.Object)
	}
	x, err := indexer.New(indexer.Config{
		DatabaseURL: n.DatabaseURL, Schema: Schema, NodeURL: n.Network.URL, KeyServers: servers, AllowPrivateURLs: true,
		Packages:        decode.Packages{Storage: ids("storage"), Catalog: ids("catalog"), Access: ids("access"), KeyServer: ids("key_server")},
		ReceiptInterval: 200 * time.Millisecond, ChainTime: n.chainTime(), Logger: n.cfg.Log.With("server", "indexer")})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	n.wg.Go(func() {
		err := x.Run(n.ctx)
		n.report("indexer", err)
		ended <- err
	})
	l, err := n.ports.listen("indexer")
	if err != nil {
		return err
	}
	n.serve("index API", l, x.Handler())
	n.Network.Indexer = n.url(l)
	return n.waitReady(ctx, ended)
}

// Schema is where the index is in its database.
const Schema = "floe"

// waitReady returns when the indexer has reached the tip of the chain.
func (n *Net) waitReady(ctx context.Context, ended <-chan error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := getOK(ctx, n.Network.Indexer+"/readyz"); err == nil {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
