package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/scripts/localnet"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/sui"
)

// An enclaveToAttest is what the command attest is told.
type enclaveToAttest struct {
	image, config, registrant, key, out string
	json                                bool
}

// attest is the command that makes an attestation document that the network
// takes, in place of a Nitro enclave.
func (o *options) attest() *cobra.Command {
	var e enclaveToAttest
	cmd := &cobra.Command{
		Use:   "attest --dir FOLDER --config CONFIG --registrant ADDRESS --key HEX -o FILE IMAGE",
		Short: "Attest an enclave that does not exist, for the running network of --dir",
		Long: `attest writes the document with which an enclave that runs IMAGE (a file with what
nitro-cli build-enclave prints) and holds the Ed25519 key of --key could be
registered: floe enclave register CONFIG FILE. It is signed by the network's own
authority, so it proves nothing, and no other network takes it.`,
		Example: "  floe-devnet attest --dir ./net --config 0xc0… --registrant 0xa1… --key 5f…32 -o document.bin image.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.image = args[0]
			if err := o.attestTo(cmd.Context(), e); err != nil {
				return fmt.Errorf("attest: %w", err)
			}
			if e.json {
				return json.NewEncoder(o.stdout).Encode(map[string]string{"document": e.out})
			}
			_, err := fmt.Fprintf(o.stdout, "wrote %s; register it within the hour: floe enclave register %s %s\n", e.out, e.config, e.out)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&e.config, "config", "", "configuration that the document names")
	f.StringVar(&e.registrant, "registrant", "", "address that may register it")
	f.StringVar(&e.key, "key", "", "Ed25519 public key of the enclave, 64 hex digits")
	f.StringVarP(&e.out, "out", "o", "", "file to write")
	f.BoolVar(&e.json, "json", false, "print one JSON object")
	for _, name := range []string{"config", "registrant", "key", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func (o *options) attestTo(ctx context.Context, e enclaveToAttest) error {
	if o.Dir == "" {
		return errors.New("--dir is missing: which network?")
	}
	text, err := os.ReadFile(e.image)
	if err != nil {
		return err
	}
	pcrs, err := dataset.ReadMeasurement(text)
	if err != nil {
		return err
	}
	config, err := sui.ParseAddress(e.config)
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	registrant, err := sui.ParseAddress(e.registrant)
	if err != nil {
		return fmt.Errorf("--registrant: %w", err)
	}
	key, err := hex.DecodeString(e.key)
	if err != nil || len(key) != 32 {
		return errors.New("--key: want 64 hex digits")
	}
	document, err := localnet.Attest(ctx, o.Dir, pcrs, key, config, registrant)
	if err != nil {
		return err
	}
	return durable.WriteFile(e.out, document, 0o644)
}
