package main

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags whose values are folders and files; those of all others are neither.
var (
	folderFlags = []string{"dir", "journal-dir", "key-dir", "messages"}
	fileFlags   = []string{"signer", "seal", "age-identity", "old-share", "complaint", "log"}
)

// complete tells shells (floe-oracle completion) what the values of a command's
// flags are, so that they offer files only where files belong.
func complete(cmd *cobra.Command) {
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		_, known := cmd.GetFlagCompletionFunc(f.Name)
		switch {
		case known || f.Value.Type() == "bool" || slices.Contains(fileFlags, f.Name):
		case f.Name == "config":
			cmd.MarkFlagFilename(f.Name, "yaml", "yml")
		case slices.Contains(folderFlags, f.Name):
			cmd.MarkFlagDirname(f.Name)
		default:
			cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
		}
	})
	for _, sub := range cmd.Commands() {
		complete(sub)
	}
}
