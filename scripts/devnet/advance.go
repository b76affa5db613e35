package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui/suirpc/rpcpb"
)

// advance is the command that moves a running network's time and epochs, as its
// clients can by gRPC.
func (o *options) advance() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "advance --dir FOLDER clock DURATION | checkpoint | epoch",
		Short: "Move the clock of a running network, make a checkpoint, or end the epoch",
		Long: `advance asks the running network of --dir to move its clock forward by a duration
(of Go: 90s, 1h30m), to make a checkpoint even if it is empty, or to end the
epoch: the last checkpoint then names the committee of the next one.`,
		Example: `  floe-devnet advance --dir ./net clock 1h30m
  floe-devnet advance --dir ./net epoch --json`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := o.advanceBy(cmd.Context(), args)
			if err != nil {
				return fmt.Errorf("advance: %w", err)
			}
			if asJSON {
				return json.NewEncoder(o.stdout).Encode(s)
			}
			_, err = fmt.Fprintf(o.stdout, "epoch %d, checkpoint %d, %s\n", s.Epoch, s.Checkpoint, time.UnixMilli(int64(s.TimestampMS)).UTC().Format(time.RFC3339Nano))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// advanced is where a network is after an advance.
type advanced struct {
	Epoch       uint64 `json:"epoch"`
	Checkpoint  uint64 `json:"checkpoint"` // the newest
	TimestampMS uint64 `json:"timestamp_ms"`
}

// advanceBy makes the call that the arguments name, and asks where the network
// is then.
func (o *options) advanceBy(ctx context.Context, args []string) (*advanced, error) {
	path, req, res, err := advanceCall(args)
	if err != nil {
		return nil, err
	}
	if o.Dir == "" {
		return nil, errors.New("--dir is missing: which network?")
	}
	n, err := network.Load(filepath.Join(o.Dir, "home"), "devnet")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(n.URL)
	if err != nil {
		return nil, fmt.Errorf("read the network's address: %w", err)
	}
	conn, err := grpc.NewClient(u.Host, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Invoke(ctx, path, req, res); err != nil {
		return nil, fmt.Errorf("call the network at %s: is it running? %w", n.URL, err)
	}
	status := new(rpcpb.GetStatusResponse)
	if err := conn.Invoke(ctx, rpcpb.GetStatus, &rpcpb.GetStatusRequest{}, status); err != nil {
		return nil, err
	}
	return &advanced{status.Epoch, status.CheckpointSequenceNumber, status.TimestampMs}, nil
}

// advanceCall is the call that the arguments of advance name.
func advanceCall(args []string) (path string, req, res proto.Message, err error) {
	switch what := args[0]; {
	case what == "clock" && len(args) == 2:
		d, err := time.ParseDuration(args[1])
		if err != nil || d < time.Millisecond {
			return "", nil, nil, fmt.Errorf("clock by %q: want a duration of a millisecond or more, such as 90s", args[1])
		}
		return rpcpb.AdvanceClock, &rpcpb.AdvanceClockRequest{DurationMs: proto.Uint64(uint64(d.Milliseconds()))}, new(rpcpb.AdvanceClockResponse), nil
	case what == "checkpoint" && len(args) == 1:
		return rpcpb.AdvanceCheckpoint, &rpcpb.AdvanceCheckpointRequest{}, new(rpcpb.AdvanceCheckpointResponse), nil
	case what == "epoch" && len(args) == 1:
		return rpcpb.AdvanceEpoch, &rpcpb.AdvanceEpochRequest{}, new(rpcpb.AdvanceEpochResponse), nil
	}
	return "", nil, nil, fmt.Errorf("%q: want clock DURATION, checkpoint or epoch", args)
}
