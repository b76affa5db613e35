package cli

import (
	"bytes"
	"errors"
	"strings"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/seal"
)

// sealObject returns the Seal object in an age header, or b itself.
func sealObject(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte("age-encryption.org/v1\n")) {
		return b
	}
	object, err := dataset.SealObject(b)
	if err != nil {
		return b
	}
	return object
}

func (a *app) printInspection(i *seal.Inspection) {
	a.say("policy package  %s", i.Package)
	a.say("identity        %s", i.ID)
	a.say("opens with      %d of %d shares", i.Threshold, i.Shares)
	for _, s := range i.Servers {
		a.say("key server      %s, weight %d", s.Server, s.Weight)
	}
	a.say("encryption      %s, %s", i.KEM, i.DEM)
	if i.AAD != nil {
		a.say("public data     %s", *i.AAD)
	}
	a.say("size            %d bytes, of which %d are payload", i.ObjectSize, i.PayloadSize)
	a.say("public          %s", strings.Join(i.Public, "; "))
	a.say("secret          %s", strings.Join(i.Secret, "; "))
	for _, w := range i.Warnings {
		a.say("warning         %s", w)
	}
}

// isRefusal says whether the policy said no.
func isRefusal(err error) bool {
	var denied *deniedError
	var linted *lintError
	var price *priceError
	if errors.As(err, &denied) || errors.As(err, &linted) || errors.As(err, &price) {
		return true
	}
	var refused *dataset.RefusedError
	return errors.As(err, &refused) && errors.Is(err, seal.ErrNoAccess)
}
