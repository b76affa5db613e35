package indexer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"gopkg.in/yaml.v3"
)

// File is the configuration file of floe-indexer: the Config, and what only
// the program needs.
type File struct {
	Config `yaml:",inline"`
	// Listen is where the HTTP API is served. Default 127.0.0.1:8090.
	Listen string `yaml:"listen"`
}

// ReadFile reads a configuration file. An unknown key is an error. The
// environment variable FLOE_DATABASE_URL, when set, replaces database_url, so
// that a password need not stand in the file.
func ReadFile(name string) (File, error) {
	f := File{Listen: "127.0.0.1:8090"}
	b, err := os.ReadFile(name)
	if err != nil {
		return f, fmt.Errorf("read configuration: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return f, fmt.Errorf("read configuration %s: %w", name, err)
	}
	if u := os.Getenv("FLOE_DATABASE_URL"); u != "" {
		f.DatabaseURL = u
	}
	return f, nil
}
