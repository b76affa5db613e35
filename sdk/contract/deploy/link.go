package deploy

import (
	"fmt"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// link returns a package's modules with the placeholder addresses of its
// dependencies replaced by their original ids, and its own address, 0x0, by
// self. To be published a module's own address stays 0x0.
func (r *run) link(name string, self sui.Address) ([][]byte, error) {
	code, err := r.Code(name)
	if err != nil {
		return nil, err
	}
	to := map[sui.Address]sui.Address{{}: self}
	for _, d := range code.Dependencies {
		placeholder, ok := move.Placeholder(d)
		p, published := r.have[d]
		if d == walrusInterface && r.walrus != nil {
			p, published = Package{Original: r.walrus.original}, true
		}
		if !ok || !published {
			return nil, fmt.Errorf("link: dependency %s: %w", d, ErrNotPublished)
		}
		to[placeholder] = p.Original
	}
	known := map[sui.Address]bool{sui.MoveStdlib: true, sui.Framework: true}
	for _, id := range to {
		known[id] = true
	}
	modules := make([][]byte, len(code.Modules))
	for i, m := range code.Modules {
		if modules[i], err = relink(m.Bytes, to, known); err != nil {
			return nil, fmt.Errorf("link module %s: %w", m.Name, err)
		}
	}
	return modules, nil
}

// relink replaces addresses of one module. A module that links to an address
// that is not known was compiled against something else.
func relink(code []byte, to map[sui.Address]sui.Address, known map[sui.Address]bool) ([]byte, error) {
	m, err := bytecode.Parse(code)
	if err != nil {
		return nil, err
	}
	if !m.Address().IsZero() {
		return nil, fmt.Errorf("its own address is %s, want 0x0; compile it with: go run ./scripts/movec build", m.Address())
	}
	m.Readdress(to)
	for i := range m.ModuleHandles {
		if a, module := m.ModuleID(uint16(i)); !known[a] {
			return nil, fmt.Errorf("it uses %s::%s, which is no dependency; compile it with: go run ./scripts/movec build", a, module)
		}
	}
	return m.Serialize(), nil
}
