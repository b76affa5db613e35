// Package migrations holds the numbered SQL files that make the index's
// tables, in the format of tern (github.com/jackc/tern/v2): NNN_name.sql with
// the way up, a separator line, and the way down. Package indexer runs them
// when it starts; `tern migrate` runs them by hand.
//
// A file that has been released is never changed: add the next number.
package migrations

import "embed"

// FS holds the SQL files at its root.
//
//go:embed *.sql
var FS embed.FS
