package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/floe-data/floe/oracle/aggregate"
	"github.com/floe-data/floe/oracle/sealhttp"
	"github.com/floe-data/floe/sdk/sui"
)

// aggregateConfig is the file that `floe-oracle aggregate --config` reads: that
// of Seal's aggregator, with more keys. Unknown keys are errors. The help of
// aggregate shows the doc tags.
type aggregateConfig struct {
	KeyServerObjectID sui.Address `yaml:"key_server_object_id" doc:"the committee's KeyServer object"`
	nodeConfig        `yaml:",inline"`
	Credentials       apiCredentials        `yaml:"api_credentials" doc:"API keys for members that want one, by the member's name on chain"`
	TimeoutSeconds    uint                  `yaml:"key_server_timeout_secs" doc:"the longest that a member is waited for, in seconds (8)"`
	KeyServers        *sealhttp.Requirement `yaml:"key_server_version_requirement" doc:"versions of members that are used (>=0.6.2)"`
	sdkConfig         `yaml:",inline"`
	Listen            string        `yaml:"listen" doc:"address to serve (0.0.0.0:2024, or the port in the variable PORT)"`
	MaxConcurrent     int           `yaml:"max_concurrent" doc:"requests that are worked on at a time; others get 429 (64)"`
	Refresh           time.Duration `yaml:"refresh_interval" doc:"how often the committee is read from the chain, and its members are asked whether they are up (30s)"`
	operationsConfig  `yaml:",inline"`

	path      string
	showsKeys bool // API keys stand in the file
}

// apiCredential is a header for a member. Errors never show it.
type apiCredential struct {
	Name   string `yaml:"api_key_name" doc:"name of the header"`
	Key    string `yaml:"api_key" doc:"its value"`
	KeyEnv string `yaml:"api_key_env" doc:"or the variable that holds the value"`
}

// apiCredentials are those of members, by their names on chain.
type apiCredentials map[string]apiCredential

func (c *apiCredentials) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: give the names of members, each with api_key_name, and api_key or api_key_env", n.Line)
	}
	return strict(n, (*map[string]apiCredential)(c))
}

func (c *apiCredential) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: give api_key_name, and api_key or api_key_env", n.Line)
	}
	type plain apiCredential
	return strict(n, (*plain)(c))
}

func readAggregateConfig(path string) (*aggregateConfig, error) {
	c := &aggregateConfig{path: path}
	if err := readFile(path, c.parse); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *aggregateConfig) parse(b []byte) error {
	if err := parseYAML(b, c); err != nil {
		return err
	}
	return errors.Join(c.nodeConfig.check(), c.operationsConfig.check(), c.check())
}

// check fills in what is left out.
func (c *aggregateConfig) check() error {
	var errs []error
	if c.KeyServerObjectID.IsZero() {
		errs = append(errs, errors.New("key_server_object_id is missing: give the committee's KeyServer object"))
	}
	for name, cred := range c.Credentials {
		c.showsKeys = c.showsKeys || cred.Key != ""
		if cred.KeyEnv != "" && cred.Key == "" {
			cred.Key = os.Getenv(cred.KeyEnv)
			c.Credentials[name] = cred
		}
		if cred.Name == "" || cred.Key == "" {
			errs = append(errs, fmt.Errorf("api_credentials of %s: give api_key_name, and api_key or, in a variable that is set, api_key_env", name))
		}
	}
	if c.Aggregator != nil {
		errs = append(errs, errors.New("aggregator_version_requirement is for key servers: an aggregator serves no other"))
	}
	if c.MaxConcurrent < 0 || c.Refresh < 0 {
		errs = append(errs, errors.New("durations and limits must not be negative"))
	}
	if c.TimeoutSeconds > 600 {
		errs = append(errs, fmt.Errorf("key_server_timeout_secs: %d is too long: clients wait for 10 seconds", c.TimeoutSeconds))
	}
	c.Listen = listenAddress(c.Listen)
	return errors.Join(errs...)
}

// aggregator is the part of the configuration that the package aggregate takes.
func (c *aggregateConfig) aggregator() aggregate.Config {
	out := aggregate.Config{
		ObjectID: c.KeyServerObjectID, Timeout: time.Duration(c.TimeoutSeconds) * time.Second, KeyServers: c.KeyServers,
		SDK: c.requirements(aggregate.DefaultSDK), MaxConcurrent: c.MaxConcurrent, Refresh: c.Refresh, Credentials: map[string]aggregate.Credential{},
	}
	for name, cred := range c.Credentials {
		out.Credentials[name] = aggregate.Credential{Name: cred.Name, Key: cred.Key}
	}
	return out
}
