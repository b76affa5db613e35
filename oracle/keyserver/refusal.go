package keyserver

import (
	"net/http"

	"github.com/floe-data/floe/oracle/sealhttp"
)

// How a key server says no is how every server of the API does.
type refusal = sealhttp.Refusal

var (
	refuse    = sealhttp.Refuse
	refuseFor = sealhttp.RefuseFor
	malformed = sealhttp.Malformed
	writeJSON = sealhttp.WriteJSON
	refusalOf = sealhttp.RefusalOf
)

func writeRefusal(w http.ResponseWriter, r *refusal) { r.Write(w) }
