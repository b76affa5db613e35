package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// command is what this binary does when it is called floe-oracle.
var command = run

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"floe-oracle": func() { os.Exit(command()) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
