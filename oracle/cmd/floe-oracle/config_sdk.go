package main

import (
	"maps"

	"github.com/floe-data/floe/oracle/sealhttp"
)

// sdkConfig is about which versions of which clients are served.
type sdkConfig struct {
	TypeScript *sealhttp.Requirement `yaml:"ts_sdk_version_requirement" doc:"versions of the npm client that are served, as \">=0.4.5\" (>=0.4.5; of an aggregator >=0.10.0)"`
	Rust       *sealhttp.Requirement `yaml:"rust_sdk_version_requirement" doc:"the same of Seal's client for Rust (>=0.0.0)"`
	Python     *sealhttp.Requirement `yaml:"python_sdk_version_requirement" doc:"the same of clients in Python (>=0.0.0)"`
	Aggregator *sealhttp.Requirement `yaml:"aggregator_version_requirement" doc:"the same of aggregators, which ask a committee's member (>=0.6.2); an aggregator serves none"`
}

// requirements are the default ones with those that are configured.
func (c *sdkConfig) requirements(otherwise sealhttp.Requirements) *sealhttp.Requirements {
	out := &sealhttp.Requirements{Only: otherwise.Only, Of: maps.Clone(otherwise.Of)}
	for kind, r := range map[string]*sealhttp.Requirement{"typescript": c.TypeScript, "rust": c.Rust, "python": c.Python, "aggregator": c.Aggregator} {
		if r != nil {
			out.Of[kind] = *r
		}
	}
	return out
}
