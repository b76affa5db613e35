// Package store keeps the index in PostgreSQL.
//
// [Open] connects, runs the migrations in the index's own schema and pins the
// chain. A [Writer], of which there is one per schema at a time, adds
// checkpoints: the rows of a batch and the watermark go into one transaction,
// so that a process killed anywhere resumes with nothing lost and nothing
// twice. Readers use [Store] directly.
//
// The SQL stands in sql/, one file per statement, named after the Go method
// that runs it.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"

	"github.com/floe-data/floe/migrations"
)

//go:embed sql/*.sql
var files embed.FS

// query returns the statement in sql/<name>.sql, without the comments.
func query(name string) string {
	b, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic("store: " + err.Error())
	}
	return string(b)
}

// Errors that callers decide on; they come wrapped.
var (
	// ErrUnavailable says that PostgreSQL cannot be reached, refuses, or went
	// away: trying again later may help.
	ErrUnavailable = errors.New("PostgreSQL unavailable")
	// ErrOtherChain says that the index belongs to another chain or to other
	// packages.
	ErrOtherChain = errors.New("index belongs to another chain")
	// ErrBusy says that another process writes this index.
	ErrBusy = errors.New("another indexer writes this index")
)

// Store is the index. It is safe for concurrent use.
type Store struct {
	pool   *pgxpool.Pool
	schema string
	where  string // the database's address, without a password
}

// connectTimeout bounds one attempt to connect.
const connectTimeout = 10 * time.Second

// schemaName is what a schema may be called: nothing that needs quotes.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// Open connects to the database, makes the schema if it is missing and brings
// its tables up to date. It touches nothing outside the schema.
func Open(ctx context.Context, databaseURL, schema string) (*Store, error) {
	if !schemaName.MatchString(schema) {
		return nil, fmt.Errorf("open index: schema %q: want lower-case letters, digits and _, at most 63", schema)
	}
	cfg, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", hidePassword(err, databaseURL))
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	cfg.ConnConfig.RuntimeParams["application_name"] = "floe-indexer"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	s := &Store{pool: pool, schema: schema, where: address(cfg.ConnConfig)}
	if err := s.migrate(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open index: %w", s.explain(err))
	}
	return s, nil
}

// Close drops all connections.
func (s *Store) Close() { s.pool.Close() }

// Ping checks that the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping index: %w", s.explain(err))
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+s.schema); err != nil {
		return fmt.Errorf("create schema %s: %w", s.schema, err)
	}
	m, err := migrate.NewMigrator(ctx, conn.Conn(), s.schema+".schema_version")
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if err := m.LoadMigrations(migrations.FS); err != nil {
		return fmt.Errorf("load migrations: %w", err)
	}
	have, err := m.GetCurrentVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if want := int32(len(m.Migrations)); have > want {
		return fmt.Errorf("schema %s has version %d, this program knows %d: run a newer floe-indexer", s.schema, have, want)
	}
	if int(have) == len(m.Migrations) {
		return nil
	}
	return s.migrateAlone(ctx, conn.Conn(), m)
}

// migrateAlone changes the tables while nobody writes them: an indexer of an earlier
// version would go on with tables that it does not know.
func (s *Store) migrateAlone(ctx context.Context, conn *pgx.Conn, m *migrate.Migrator) error {
	var locked bool
	if err := conn.QueryRow(ctx, query("writer"), s.lock()).Scan(&locked); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if !locked {
		return fmt.Errorf("migrate: %w (schema %s at %s): stop it, then start this one, whose version has other tables", ErrBusy, s.schema, s.where)
	}
	if err := m.Migrate(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := conn.Exec(ctx, query("unlock"), s.lock()); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// lock is what the writer's advisory lock is named.
func (s *Store) lock() string { return "floe-indexer:" + s.schema }

// Pin returns the first checkpoint of the index; at the first start it pins
// chain and packages. An index of another chain gives [ErrOtherChain].
func (s *Store) Pin(ctx context.Context, chainID string, packages []string, first int64) (int64, error) {
	var gotID string
	var gotPackages []string
	var gotFirst int64
	err := pgx.ErrNoRows
	for tries := 0; tries < 2 && errors.Is(err, pgx.ErrNoRows); tries++ { // none: another one pins it just now
		err = s.pool.QueryRow(ctx, query("pin_chain"), first, chainID, packages).Scan(&gotFirst, &gotID, &gotPackages)
	}
	if err != nil {
		return 0, fmt.Errorf("pin chain: %w", s.explain(err))
	}
	versions, err := s.PackageVersions(ctx)
	if err != nil {
		return 0, err
	}
	remedy := fmt.Sprintf("give the indexer an empty schema, or drop this one (DROP SCHEMA %s CASCADE), the index is built again from the chain", s.schema)
	if gotID != chainID {
		return 0, fmt.Errorf("%w: schema %s at %s indexes chain %s, the node serves %s; %s", ErrOtherChain, s.schema, s.where, gotID, chainID, remedy)
	}
	// Versions that the index has found by itself may be named or not.
	configured := slices.DeleteFunc(slices.Clone(packages), func(id string) bool {
		return !slices.Contains(gotPackages, id) && slices.ContainsFunc(versions, func(v PackageVersion) bool { return v.Package == id })
	})
	if !slices.Equal(gotPackages, configured) {
		return 0, fmt.Errorf("%w: schema %s at %s follows the packages %v, the configuration names %v; %s", ErrOtherChain, s.schema, s.where, gotPackages, packages, remedy)
	}
	return gotFirst, nil
}

// PackageVersion is a version of a followed package.
type PackageVersion struct{ Package, Original string }

// PackageVersions returns the versions of the followed packages that the index
// saw published, in that order.
func (s *Store) PackageVersions(ctx context.Context) ([]PackageVersion, error) {
	out, err := collect[PackageVersion](ctx, s.pool, "package_versions")
	if err != nil {
		return nil, fmt.Errorf("read package versions: %w", s.explain(err))
	}
	return out, nil
}

// CommitteePackages returns the packages through which members of committees of key
// servers were named: copies of the committee's contract.
func (s *Store) CommitteePackages(ctx context.Context) ([]string, error) {
	out, err := collect[struct{ Package string }](ctx, s.pool, "committee_packages")
	if err != nil {
		return nil, fmt.Errorf("read contracts of committees: %w", s.explain(err))
	}
	ids := make([]string, len(out))
	for i, p := range out {
		ids[i] = p.Package
	}
	return ids, nil
}

// explain adds what to do to errors of the connection.
func (s *Store) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case refused(err):
		return fmt.Errorf("PostgreSQL at %s refuses: %w; check role and password in the database URL, that the database exists "+
			"(`createdb`) and that the role may create a schema in it (GRANT CREATE ON DATABASE)", s.where, err)
	case connectionLost(err):
		return fmt.Errorf("%w at %s: %w; check that the server runs (`pg_isready`) and that the URL is right", ErrUnavailable, s.where, err)
	}
	return err
}

// refused tells errors that trying again does not mend: wrong password or role
// (class 28), no such database (3D), no privilege (42501).
func refused(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (server.Code[:2] == "28" || server.Code[:2] == "3D" || server.Code == "42501")
}

// connectionLost tells errors of the connection from errors of a statement.
func connectionLost(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		// 08 connection, 53 resources (too many connections, disk full),
		// 57 operator intervention (shutdown, crash, starting up).
		switch server.Code[:2] {
		case "08", "53", "57":
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, context.Canceled) && (pgconn.Timeout(err) || isNetwork(err))
}

func isNetwork(err error) bool {
	text := err.Error()
	for _, s := range []string{"conn closed", "broken pipe", "connection reset", "unexpected EOF", "closed network connection", "connection refused"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return os.IsTimeout(err)
}

func address(c *pgx.ConnConfig) string {
	return fmt.Sprintf("%s port %d database %s role %s", c.Host, c.Port, c.Database, c.User)
}

// hidePassword removes the password from an error about a URL.
func hidePassword(err error, raw string) error {
	u, perr := url.Parse(raw)
	if perr != nil {
		return errors.New("the database URL cannot be parsed; want postgres://user:password@host:port/database")
	}
	if p, ok := u.User.Password(); ok && p != "" {
		return errors.New(strings.ReplaceAll(err.Error(), p, "…"))
	}
	return err
}
