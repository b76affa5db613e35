package cli

import (
	"fmt"

	"github.com/schollz/progressbar/v3"

	"github.com/floe-data/floe/sdk/dataset"
)

// stageNames are what a person reads for each stage of package dataset.
var stageNames = map[string]string{
	"scan": "reading the folder", "policy": "creating policy and dataset", "encrypt": "encrypting",
	"register": "registering blobs", "store": "storing slivers", "certify": "certifying on chain",
	"manifest": "reading the manifest", "keys": "asking the key servers", "open": "fetching and decrypting",
	"check": "checking every sliver",
}

// tracker shows progress on stderr: a bar on a terminal, one line a stage
// elsewhere.
type tracker struct {
	app   *app
	stage string
	bar   *progressbar.ProgressBar
}

func (a *app) tracker() *tracker { return &tracker{app: a} }

func (t *tracker) update(p dataset.Progress) {
	if p.Stage != t.stage {
		t.finish()
		t.stage = p.Stage
		name := stageNames[p.Stage]
		if name == "" {
			name = p.Stage
		}
		if t.app.Terminal && p.Total > 0 {
			t.bar = progressbar.NewOptions64(p.Total,
				progressbar.OptionSetWriter(t.app.Err), progressbar.OptionSetDescription(fmt.Sprintf("%-28s", name)),
				progressbar.OptionShowBytes(p.Unit == "B"), progressbar.OptionSetWidth(24), progressbar.OptionClearOnFinish())
		} else {
			t.app.note("floe: %s", name)
		}
	}
	if t.bar != nil {
		_ = t.bar.Set64(p.Done) // a bar that can't be drawn is no reason to stop
	}
	if p.Note != "" {
		t.app.note("floe: %s", p.Note)
	}
}

func (t *tracker) finish() {
	if t.bar != nil {
		_ = t.bar.Finish()
		t.bar = nil
	}
}
