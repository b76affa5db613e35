package main

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A node may want an API key: the variables are those of Seal's key server. Other
// nodes do not see it.
func TestNodeKey(t *testing.T) {
	t.Setenv("FULL_NODE_RPC_API_NAME", "X-Api-Key")
	t.Setenv("FULL_NODE_RPC_API_KEY", "sesame")
	var told []string
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		md, _ := metadata.FromIncomingContext(s.Context())
		told = md.Get("x-api-key")
		return status.Error(codes.Unimplemented, "asked enough")
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(server.Stop)
	url := "http://" + l.Addr().String()
	for node, want := range map[string]int{url: 1, "http://127.0.0.1:1": 0} {
		c := nodeConfig{NodeURL: node}
		client, err := c.dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		told = nil
		if _, err := client.ChainID(t.Context()); err == nil {
			t.Fatal("the node is none")
		}
		client.Close()
		if len(told) != want || want == 1 && told[0] != "sesame" {
			t.Errorf("the key is that of %s, and %s was told %q", node, url, told)
		}
	}
	// The commands that need no configuration send it too, and show it to nobody.
	told = nil
	var out bytes.Buffer
	if code := execute(t.Context(), []string{"validators", "--node", url}, &out, &out); code != 1 || len(told) != 1 || told[0] != "sesame" || strings.Contains(out.String(), "sesame") {
		t.Errorf("exit code %d, the node was told %q: %s", code, told, &out)
	}
}
