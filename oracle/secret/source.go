// Package secret reads the secrets of a key server: from a file, an
// environment variable or the output of a command, open or sealed with age.
//
// A [Source] is a place, as the configuration names it; [Source.Read] returns
// what stands there. [Identity] opens what is sealed. Nothing of a secret gets
// into an error, an argument or a log.
package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

const (
	// maxSize bounds a secret, sealed or not.
	maxSize = 64 << 10
	// commandTime bounds a command.
	commandTime = 30 * time.Second
)

// ErrMissing says that a file or variable is not there.
var ErrMissing = errors.New("no secret is there")

// A Source is a place of a secret: exactly one of its fields is set. The zero
// Source is no place.
type Source struct {
	// File is a path. The file must not be readable by others unless it is
	// sealed.
	File string `yaml:"file"`
	// Env is the name of an environment variable.
	Env string `yaml:"env"`
	// Command is a program and its arguments, run without a shell; the secret
	// is what it prints. For keys that a KMS decrypts.
	Command []string `yaml:"command"`
}

// ParseSource reads the form of command-line flags: file:PATH or env:NAME.
func ParseSource(text string) (Source, error) {
	switch kind, value, _ := strings.Cut(text, ":"); {
	case kind == "file" && value != "":
		return Source{File: value}, nil
	case kind == "env" && value != "":
		return Source{Env: value}, nil
	}
	return Source{}, fmt.Errorf("a place of a secret is file:PATH or env:NAME, got %.20q", text)
}

// IsZero reports whether s is no place.
func (s Source) IsZero() bool { return s.File == "" && s.Env == "" && len(s.Command) == 0 }

// IsSet reports whether s is an environment variable that is set.
func (s Source) IsSet() bool { return s.Env != "" && strings.TrimSpace(os.Getenv(s.Env)) != "" }

// Check demands one place at most.
func (s Source) Check() error {
	n := 0
	for _, set := range []bool{s.File != "", s.Env != "", len(s.Command) > 0} {
		if set {
			n++
		}
	}
	if n > 1 || len(s.Command) > 0 && s.Command[0] == "" {
		return errors.New("give one of file, env and command")
	}
	return nil
}

// Under makes the path of a file relative to dir.
func (s *Source) Under(dir string) {
	if s.File != "" && !filepath.IsAbs(s.File) {
		s.File = filepath.Join(dir, s.File)
	}
}

// String names the place.
func (s Source) String() string {
	switch {
	case s.File != "":
		return s.File
	case s.Env != "":
		return "environment variable " + s.Env
	case len(s.Command) > 0:
		return "command " + s.Command[0]
	}
	return "no place"
}

// Read returns the secret, opened by id if it is sealed. Errors wrap ErrMissing
// when there is none.
func (s Source) Read(ctx context.Context, id *Identity) ([]byte, error) {
	b, open, err := s.raw(ctx)
	if err != nil {
		return nil, fmt.Errorf("read secret from %s: %w", s, err)
	}
	if !IsSealed(b) {
		if open != nil {
			return nil, fmt.Errorf("read secret from %s: %w", s, open)
		}
		return b, nil
	}
	if b, err = id.Open(b); err != nil {
		return nil, fmt.Errorf("read secret from %s: %w", s, err)
	}
	return b, nil
}

// raw returns what stands there; open is why it may not stand there unsealed.
func (s Source) raw(ctx context.Context) (b []byte, open, err error) {
	switch {
	case s.File != "":
		return readFile(s.File)
	case s.Env != "":
		if !s.IsSet() {
			return nil, nil, fmt.Errorf("%w: the variable is not set", ErrMissing)
		}
		return []byte(os.Getenv(s.Env)), nil, nil
	case len(s.Command) > 0:
		b, err := s.run(ctx)
		return b, nil, err
	}
	return nil, nil, fmt.Errorf("%w: give one of file, env and command", ErrMissing)
}

func readFile(path string) (b []byte, open, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: the file does not exist", ErrMissing)
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && !sui.IsCredential(path) {
		open = fmt.Errorf("it can be read by others (mode %04o): run chmod 600 %s", mode, path)
	}
	b, err = io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(b) > maxSize {
		err = fmt.Errorf("it holds more than %d bytes: that is no key", maxSize)
	}
	return b, open, err
}

// run returns what the command prints. What it writes elsewhere is dropped: it
// might be the secret too.
func (s Source) run(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandTime, fmt.Errorf("it took longer than %v", commandTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...)
	cmd.WaitDelay = time.Second
	out := bounded{cancel: cancel}
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case out.full:
		return nil, fmt.Errorf("it printed more than %d bytes: that is no key", maxSize)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &exit):
		return nil, fmt.Errorf("it failed with %v: run it by hand to see why", exit.ProcessState)
	case err != nil:
		return nil, err
	case len(bytes.TrimSpace(out.buf.Bytes())) == 0:
		return nil, fmt.Errorf("%w: it printed nothing", ErrMissing)
	}
	return out.buf.Bytes(), nil
}

// bounded is a buffer that ends the command when it is full. It must not have
// the buffer's ReadFrom, which knows no bound.
type bounded struct {
	buf    bytes.Buffer
	cancel func()
	full   bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > maxSize {
		b.full = true
		b.cancel()
		return 0, errors.New("too much output")
	}
	return b.buf.Write(p)
}
