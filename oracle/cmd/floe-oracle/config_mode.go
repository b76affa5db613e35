package main

import (
	"errors"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/floe-data/floe/oracle/keyserver"
	"github.com/floe-data/floe/oracle/secret"
	"github.com/floe-data/floe/sdk/sui"
)

// modeConfig says which KeyServer objects are answered for.
type modeConfig struct {
	KeyServerObjectID sui.Address `yaml:"key_server_object_id" doc:"the KeyServer object, printed by floe-oracle register; short for server_mode: !Open"`
	ServerMode        serverMode  `yaml:"server_mode" doc:"!Open, !Permissioned or !Committee, as in Seal's configuration"`
}

// serverMode is one of Seal's modes.
type serverMode struct {
	Open         *openMode         `yaml:"!Open" doc:"one key for every package"`
	Permissioned *permissionedMode `yaml:"!Permissioned" doc:"a key for each client, for its packages only"`
	Committee    *committeeMode    `yaml:"!Committee" doc:"a share of a committee's key"`
}

type openMode struct {
	KeyServerObjectID sui.Address `yaml:"key_server_object_id" doc:"the KeyServer object"`
}

type permissionedMode struct {
	Clients []client `yaml:"client_configs" doc:"re-read on SIGHUP"`
}

type client struct {
	Name     string        `yaml:"name" doc:"the client is served below /NAME/, and at the root by its packages"`
	Key      clientKey     `yaml:"client_master_key" doc:"one of the following"`
	ObjectID sui.Address   `yaml:"key_server_object_id" doc:"the client's KeyServer object; never changes"`
	Packages []sui.Address `yaml:"package_ids" doc:"first versions of the packages that are served"`
}

// clientKey is where the key of a client comes from.
type clientKey struct {
	Derived  *derivedKey  `yaml:"!Derived" doc:"from the seed"`
	Imported *importedKey `yaml:"!Imported" doc:"a key of its own"`
	Exported *exportedKey `yaml:"!Exported" doc:"handed over to another server, so not served here any more"`
}

type derivedKey struct {
	Index *uint64 `yaml:"derivation_index" doc:"number of the key; never changes. Those of all clients are 0, 1, 2, …"`
}

type importedKey struct {
	EnvVar  string   `yaml:"env_var" doc:"variable that holds the key"`
	File    string   `yaml:"file" doc:"or its file"`
	Command []string `yaml:"command" doc:"or the program that prints it"`
}

func (k *importedKey) source() secret.Source {
	return secret.Source{File: k.File, Env: k.EnvVar, Command: k.Command}
}

type exportedKey struct {
	Index *uint64 `yaml:"deprecated_derivation_index" doc:"number of the key, which no other client gets"`
}

type committeeMode struct {
	Member   sui.Address    `yaml:"member_address" doc:"this member; signs the receipts"`
	ObjectID sui.Address    `yaml:"key_server_obj_id" doc:"the committee's KeyServer object"`
	State    committeeState `yaml:"committee_state" doc:"!Active, or while the key is rotated !Rotation {target_version: N}"`
}

// committeeState is Seal's: active, or on the way to a version.
type committeeState struct {
	Active   bool
	Rotation *rotation
}

type rotation struct {
	Target *uint32 `yaml:"target_version"`
}

// variant decodes the one of several structs that a node's tag names.
func variant(n *yaml.Node, what string, into map[string]any) error {
	var names []string
	for name := range into {
		names = append(names, name)
	}
	v, ok := into[n.Tag]
	if !ok {
		return fmt.Errorf("line %d: %s is one of %s, got %q", n.Line, what, sorted(names), strings.TrimPrefix(n.Tag, "!!"))
	}
	plain := *n
	plain.Tag = ""
	return strict(&plain, v)
}

func (m *serverMode) UnmarshalYAML(n *yaml.Node) error {
	switch n.Tag {
	case "!Open":
		m.Open = new(openMode)
	case "!Permissioned":
		m.Permissioned = new(permissionedMode)
	case "!Committee":
		m.Committee = new(committeeMode)
	}
	return variant(n, "server_mode", map[string]any{"!Open": m.Open, "!Permissioned": m.Permissioned, "!Committee": m.Committee})
}

func (m serverMode) String() string {
	switch {
	case m.Permissioned != nil:
		return "permissioned"
	case m.Committee != nil:
		return "committee"
	}
	return "open"
}

func (k *clientKey) UnmarshalYAML(n *yaml.Node) error {
	switch n.Tag {
	case "!Derived":
		k.Derived = new(derivedKey)
	case "!Imported":
		k.Imported = new(importedKey)
	case "!Exported":
		k.Exported = new(exportedKey)
	}
	return variant(n, "client_master_key", map[string]any{"!Derived": k.Derived, "!Imported": k.Imported, "!Exported": k.Exported})
}

func (s *committeeState) UnmarshalYAML(n *yaml.Node) error {
	if n.Tag == "!Active" || n.Value == "Active" {
		s.Active = true
		return nil
	}
	if n.Tag == "!Rotation" {
		s.Rotation = new(rotation)
	}
	return variant(n, "committee_state", map[string]any{"!Active": nil, "!Rotation": s.Rotation})
}

func (c *modeConfig) under(dir string) {
	if p := c.ServerMode.Permissioned; p != nil {
		for _, cl := range p.Clients {
			if k := cl.Key.Imported; k != nil {
				s := k.source()
				s.Under(dir)
				k.File = s.File
			}
		}
	}
}

// check demands one mode, and makes the short form of the open one whole.
func (c *modeConfig) check() error {
	m := &c.ServerMode
	none := m.Open == nil && m.Permissioned == nil && m.Committee == nil
	switch {
	case !none && !c.KeyServerObjectID.IsZero():
		return errors.New("key_server_object_id stands beside server_mode: leave one of them out")
	case none && c.KeyServerObjectID.IsZero():
		return errors.New("key_server_object_id is missing: give the id that floe-oracle register printed")
	case none:
		m.Open = &openMode{c.KeyServerObjectID}
	case m.Open != nil && m.Open.KeyServerObjectID.IsZero():
		return errors.New("server_mode !Open: key_server_object_id is missing: give the id that floe-oracle register printed")
	case m.Permissioned != nil:
		return m.Permissioned.check()
	case m.Committee != nil:
		return m.Committee.check()
	}
	return nil
}

func (m *committeeMode) check() error {
	switch {
	case m.Member.IsZero():
		return errors.New("server_mode !Committee: member_address is missing: give the address that this member registered with")
	case m.ObjectID.IsZero():
		return errors.New("server_mode !Committee: key_server_obj_id is missing: give the committee's KeyServer object")
	case m.State.Rotation != nil && (m.State.Rotation.Target == nil || *m.State.Rotation.Target == 0):
		return errors.New("server_mode !Committee: target_version is missing: give the version that the rotation leads to, 1 or more")
	case m.State.Rotation == nil && !m.State.Active:
		return errors.New("server_mode !Committee: committee_state is missing: give !Active")
	}
	return nil
}

// check applies Seal's rules, so that no key serves two clients and none is
// ever derived twice.
func (m *permissionedMode) check() error {
	if len(m.Clients) == 0 {
		return errors.New("server_mode !Permissioned: client_configs is empty: add a client")
	}
	seen := map[string]string{}
	var errs []error
	bad := func(c *client, format string, args ...any) {
		errs = append(errs, fmt.Errorf("client %q: %s", c.Name, fmt.Sprintf(format, args...)))
	}
	unique := func(c *client, what, value string) {
		if other, again := seen[what+" "+value]; again {
			bad(c, "%s %s is that of client %q too: each may stand once", what, value, other)
		}
		seen[what+" "+value] = c.Name
	}
	derived := 0
	for i := range m.Clients {
		c := &m.Clients[i]
		unique(c, "name", c.Name)
		unique(c, "id", c.ObjectID.String())
		for _, p := range c.Packages {
			unique(c, "id", p.String())
		}
		if index, ok := c.Key.index(); ok {
			unique(c, "derivation index", fmt.Sprint(index))
			derived++
		} else if k := c.Key.Imported; k != nil {
			unique(c, "key", k.source().String())
		}
		if err := c.check(); err != nil {
			bad(c, "%v", err)
		}
	}
	for i := range derived {
		if _, ok := seen["derivation index "+fmt.Sprint(i)]; !ok {
			errs = append(errs, fmt.Errorf("derivation index %d is missing: %d clients have a derived or exported key, so their indices are 0 to %d", i, derived, derived-1))
		}
	}
	return errors.Join(errs...)
}

func (c *client) check() error {
	switch k := c.Key; {
	case c.Name == "":
		return errors.New("name is missing: the client is served below /NAME/")
	case c.ObjectID.IsZero():
		return errors.New("key_server_object_id is missing: give the id that floe-oracle register printed for the client's key")
	case len(c.Packages) == 0:
		return errors.New("package_ids is empty: give the first version of a package")
	case k.Derived == nil && k.Imported == nil && k.Exported == nil:
		return errors.New("client_master_key is missing: give !Derived, !Imported or !Exported")
	case k.Derived != nil && k.Derived.Index == nil:
		return errors.New("derivation_index is missing: give the next number, from 0")
	case k.Exported != nil && k.Exported.Index == nil:
		return errors.New("deprecated_derivation_index is missing: give the number of the key that was exported")
	case k.Imported != nil && k.Imported.source().IsZero():
		return errors.New("env_var is missing: give the variable, the file or the command that has the key")
	case k.Imported != nil && k.Imported.source().Check() != nil:
		return k.Imported.source().Check()
	}
	return keyserver.CheckServiceName(c.Name)
}

// index returns the number of a key that was derived.
func (k *clientKey) index() (uint64, bool) {
	switch {
	case k.Derived != nil && k.Derived.Index != nil:
		return *k.Derived.Index, true
	case k.Exported != nil && k.Exported.Index != nil:
		return *k.Exported.Index, true
	}
	return 0, false
}

// nextIndex is the first number that no client has.
func (m *permissionedMode) nextIndex() (next uint64) {
	for i := range m.Clients {
		if _, ok := m.Clients[i].Key.index(); ok {
			next++
		}
	}
	return next
}
