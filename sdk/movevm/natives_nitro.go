package movevm

import (
	"errors"

	"github.com/floe-data/floe/sdk/nitro"
)

// Abort codes of sui::nitro_attestation. Code 3, wrong PCRs, belongs to an
// older reading of documents and does not occur.
const (
	nitroParse  = 1
	nitroVerify = 2
)

var suiNitro = map[string]native{
	"load_nitro_attestation_internal": func(c *nativeCall) {
		c.u.work(workNitro)
		d, err := nitro.Parse(c.inputRef(0))
		if err != nil {
			abort(nitroParse)
		}
		if err := d.Verify(c.args[1].n, c.s.vm.nitroRoots...); err != nil {
			if errors.Is(err, nitro.ErrVerify) {
				abort(nitroVerify)
			}
			throw(StatusInvariant, 0, err.Error())
		}
		c.ret(c.nitroDocument(d))
	},
}

// nitroDocument makes a NitroAttestationDocument: module_id, timestamp, digest,
// pcrs (vector of PCREntry{index, value}), public_key, user_data, nonce.
func (c *nativeCall) nitroDocument(d *nitro.Document) value {
	c.u.alloc(32 * sizeObject)
	pcrs := &object{f: []value{}}
	for _, p := range d.PCRs {
		c.u.alloc(2*sizeObject + len(p.Value))
		pcrs.f = append(pcrs.f, structValue(number(uint64(p.Index)), bytesValue(p.Value)))
	}
	return structValue(
		bytesValue([]byte(d.ModuleID)), number(d.TimestampMS), bytesValue([]byte(d.Digest)), value{o: pcrs},
		optionalBytes(d.PublicKey), optionalBytes(d.UserData), optionalBytes(d.Nonce),
	)
}

// optionalBytes makes an Option<vector<u8>>.
func optionalBytes(b []byte) value {
	o := &object{f: []value{}}
	if b != nil {
		o.f = append(o.f, bytesValue(b))
	}
	return structValue(value{o: o})
}
