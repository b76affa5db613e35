package localnet

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// NitroFile is where a network keeps the authority that attests enclaves on it
// in place of AWS' hardware.
const NitroFile = "nitro.pem"

// Attest makes the document with which registrant could register an enclave
// that runs an image and holds an Ed25519 key, on the running network of a
// folder and on no other. There need not be such an enclave.
func Attest(ctx context.Context, dir string, image []nitro.PCR, key []byte, config, registrant sui.Address) ([]byte, error) {
	authority, err := readAuthority(dir)
	if err != nil {
		return nil, err
	}
	now, err := headTime(ctx, dir)
	if err != nil {
		return nil, err
	}
	bound := attest.RegistrationData(config, registrant)
	return authority.Attest(nitro.Document{ModuleID: "floe-devnet", PCRs: image, PublicKey: key, UserData: bound[:]}, now)
}

// headTime is the time of a running network's newest checkpoint.
func headTime(ctx context.Context, dir string) (time.Time, error) {
	n, err := network.Load(filepath.Join(dir, "home"), "devnet")
	if err != nil {
		return time.Time{}, err
	}
	c, err := suirpc.Dial(ctx, n.URL)
	if err != nil {
		return time.Time{}, err
	}
	defer c.Close()
	info, err := c.ServiceInfo(ctx)
	if err != nil {
		return time.Time{}, err
	}
	head, err := c.Checkpoint(ctx, info.Tip)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(head.TimestampMS)), nil
}

func readAuthority(dir string) (*nitro.Authority, error) {
	text, err := os.ReadFile(filepath.Join(dir, NitroFile))
	if err != nil {
		return nil, fmt.Errorf("read the network's authority: %w", err)
	}
	return nitro.ParseAuthority(text)
}

// openAuthority reads the authority or makes it.
func (n *Net) openAuthority() (*nitro.Authority, error) {
	a, err := readAuthority(n.cfg.Dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	if a, err = nitro.NewAuthority(time.Now()); err != nil {
		return nil, err
	}
	text, err := a.PEM()
	if err != nil {
		return nil, err
	}
	return a, durable.WriteFile(filepath.Join(n.cfg.Dir, NitroFile), text, 0o600)
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}
