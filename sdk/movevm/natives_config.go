package movevm

import (
	"math"

	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

var suiConfig = map[string]native{
	// read_setting_impl<Field<Name, Setting>, Setting, SettingData, Value>
	// (config address, field address, epoch u64): Option<Value>, the value that
	// held before the epoch began. Writes take effect with the next epoch, so it
	// does not matter that the config is no input of the transaction.
	"read_setting_impl": func(c *nativeCall) {
		field, ok := c.s.unsequenced(c.args[0].address(), c.args[1].address(), c.in.targs[0])
		if !ok {
			c.ret(optionValue())
			return
		}
		data := field.o.f[2].load0().load0().o.f // id, name, Setting{data: Option<SettingData>}
		if len(data) == 0 {
			c.ret(optionValue())
			return
		}
		changed, newer, older := data[0].o.f[0].n, data[0].o.f[1], data[0].o.f[2]
		if c.args[2].n > changed {
			older = newer
		}
		c.ret(c.u.copyValue(older, 0))
	},
}

// unsequenced reads a dynamic field at its newest version, whatever the inputs
// of the transaction; ok is false when there is none of the type. It does not
// count as loaded.
func (s *Session) unsequenced(parent, id sui.Address, t *Type) (v value, ok bool) {
	if c := s.objects.children[id]; c != nil {
		if !c.present || c.parent != parent || !c.typ.Equal(t) {
			return value{}, false
		}
		return c.cell.f[0], true
	}
	if s.host == nil {
		return value{}, false
	}
	obj, err := s.host.ChildObject(parent, id, math.MaxUint64)
	if err != nil {
		throw(StatusStorage, 0, "read setting: "+err.Error())
	}
	if obj == nil || obj.Move == nil {
		return value{}, false
	}
	got, v := s.stored(obj.Move)
	return v, got.Equal(t)
}

// packageInvalidVersion is EInvalidPackageVersion of sui::package.
const packageInvalidVersion = 6

var suiPackage = map[string]native{
	// original_package_id_impl(storage id address, version u64): address
	"original_package_id_impl": func(c *nativeCall) {
		p, err := c.s.src.Package(c.args[0].address())
		if err != nil || p == nil || p.Version != c.args[1].n {
			abort(packageInvalidVersion) // a source that failed tells its caller itself
		}
		for _, m := range p.Modules {
			c.u.work(len(m.Bytes) / 8)
		}
		c.ret(addressValue(originalID(p)))
	},
}

// originalID is the id of the first version of a package, which is the address
// in its modules.
func originalID(p *sui.MovePackage) sui.Address {
	if p.Version <= 1 || len(p.Modules) == 0 {
		return p.ID
	}
	m, err := bytecode.Parse(p.Modules[0].Bytes)
	if err != nil {
		throw(StatusDeserialize, 0, "read package: "+err.Error())
	}
	return m.Address()
}
