package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Serve key requests",
		Long: `Serves key requests until it is interrupted: then /ready says 503 and, after
drain_delay, what is under way is finished. A second signal ends it at once.
Prints its address when it is ready for requests; logs JSON to stderr. Without
--config, the variable CONFIG_PATH names the file.

FILE is YAML, for one key:

  key_server_object_id: 0x...   # printed by floe-oracle register
  key_dir: keys                 # written by floe-oracle keygen
  journal_dir: receipts         # where receipts and their log are kept
  node_url: https://fullnode.testnet.sui.io:443
  key_server_package: 0x...     # package with the staleness check

for several clients, with a key each, or for a member of a committee:

  server_mode: !Permissioned
    client_configs:
      - {name: alice, client_master_key: !Derived {derivation_index: 0},
         key_server_object_id: 0x..., package_ids: [0x...]}
  server_mode: !Committee
    {member_address: 0x..., key_server_obj_id: 0x..., committee_state: Active}

` + "A file of Seal's key server works too, with key_dir and journal_dir added. SIGHUP\n" +
			`re-reads client_configs, limits and service_accounts: clients, packages and
accounts come and go without a restart; a file that is wrong changes nothing,
and the log says why.

Beside Seal's API, anybody may read receipts (/v1/receipts), the log that they
are in (/checkpoint, /tile/…), and proofs (/v1/receipts/N/proof). The owner of
a policy logs in with a wallet and reads its receipts with who asked. Those of a
client are below /NAME/.

All keys; defaults stand in brackets:

` + configKeys[config](),
		Example: "  floe-oracle serve --config oracle.yaml",
		Args:    noArguments,
	}
	return serving(cmd, readConfig, serve)
}

// cores is how many the program may use: what GOMAXPROCS was at its start.
var cores = runtime.GOMAXPROCS(0)

// configKeys lists the keys of a configuration with what they mean.
func configKeys[C any]() string {
	var b strings.Builder
	writeKeys(&b, reflect.TypeFor[C](), "  ")
	return strings.TrimRight(b.String(), "\n")
}

// tune sets the runtime up for a server whose cores are full. The variables
// GOMAXPROCS and GOGC are obeyed.
//
// One goroutine more may run than there are cores: whoever comes back from a sync
// of the disk then need not wait until another has done its multiplications. At
// 1,200 requests per second on 2 cores, the slowest hundredth took 43 and 91 ms
// in place of 144 and 185. And garbage may grow to four times what is in use, some
// tens of MB, since collecting it took a twentieth of the cores.
func tune() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(cores + 1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, c *config, log *slog.Logger, ready func(url string)) error {
	tune()
	p, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	return errors.Join(p.run(ctx, ready), p.close())
}
